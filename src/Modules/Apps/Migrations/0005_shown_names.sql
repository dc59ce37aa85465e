-- A website registers the app its creator said yes to under the name they were shown. What was said yes to before that was kept is asked again:
-- a yes waits an hour at most.
DELETE FROM site_approval;
ALTER TABLE site_approval ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE site_approval ADD COLUMN description text NOT NULL DEFAULT '';
