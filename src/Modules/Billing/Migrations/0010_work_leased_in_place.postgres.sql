-- Each row is leased once before it goes: with room for its second form on its own page no index has to be told.
ALTER TABLE due_work SET (fillfactor = 45);
