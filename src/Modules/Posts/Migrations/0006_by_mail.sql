-- Posts go out by mail unless their writer says otherwise. What was published or scheduled before stays told as it was: at a later step of its release
-- nobody is mailed.
ALTER TABLE post ADD COLUMN by_mail {bool} NOT NULL DEFAULT {true};
UPDATE post SET by_mail = {false} WHERE state IN ('published', 'scheduled');
CREATE TABLE post_mail_off (
    campaign_id {id} NOT NULL PRIMARY KEY
) {strict};
