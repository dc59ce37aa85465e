-- Notifications of a post that is gone are hidden while it is; a post can come back. What may be told of again is kept till then, so that nobody is
-- told twice. Of comments told of before this their post is not known: they go when they are old.
ALTER TABLE notification ADD COLUMN post_id {int};
ALTER TABLE notification ADD COLUMN is_hidden {bool} NOT NULL DEFAULT {false};
ALTER TABLE notification ADD COLUMN keep_until {int} NOT NULL DEFAULT 0;
UPDATE notification SET post_id = subject_id WHERE kind = 'new_post';
CREATE INDEX notification_post ON notification (post_id);
CREATE INDEX notification_created ON notification (created_at);
CREATE INDEX notification_read ON notification (read_at) WHERE read_at IS NOT NULL;
