-- A picture's bytes are a file of the vault, which counts, moves, checks and keeps them. Null: taken in before that was so; the bytes still lie in the
-- data folder under their hash, and a job brings them.
ALTER TABLE post_image ADD COLUMN file_id {int};
CREATE INDEX post_image_outside ON post_image (id) WHERE file_id IS NULL;

-- Since when no text names it and no podcast shows it, so far as was seen; it goes a month later. Null: something does, or nobody has looked.
ALTER TABLE post_image ADD COLUMN unnamed_since {int};
-- When that was looked for last, in all of a campaign at once.
ALTER TABLE post_image ADD COLUMN looked_at {int} NOT NULL DEFAULT 0;
CREATE INDEX post_image_looked ON post_image (looked_at);
