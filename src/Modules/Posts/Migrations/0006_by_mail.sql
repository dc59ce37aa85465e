-- Posts go out by mail unless their writer says otherwise. What was published before stays told as it was.
ALTER TABLE post ADD COLUMN by_mail {bool} NOT NULL DEFAULT {true};
CREATE TABLE post_mail_off (
    campaign_id {id} NOT NULL PRIMARY KEY
) {strict};
