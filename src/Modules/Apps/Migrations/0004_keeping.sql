-- Somebody asked that what waits be sent now, maybe while a try was under way: whoever ends that try sees it.
ALTER TABLE webhook ADD COLUMN is_asked {bool} NOT NULL DEFAULT {false};

-- A refresh token nobody has used for a year ends. 31536000000: 365 days in milliseconds.
UPDATE oauth_token SET expires_at = issued_at + 31536000000 WHERE kind = 'refresh' AND expires_at IS NULL;
CREATE INDEX oauth_grant_revoked ON oauth_grant (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX oauth_code_grant ON oauth_code (grant_id);

-- What a program says of itself when it registers over the API.
ALTER TABLE oauth_client ADD COLUMN author_name text;
ALTER TABLE oauth_client ADD COLUMN domain text;
ALTER TABLE oauth_client ADD COLUMN privacy_policy_url text;
ALTER TABLE oauth_client ADD COLUMN tos_url text;
ALTER TABLE oauth_client ADD COLUMN icon_url text;

-- What a creator said yes to when a website asked to be connected: the app it may register, once, for this page and with these addresses.
CREATE TABLE site_approval (
    grant_id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    redirect_uris text NOT NULL
) {strict};
