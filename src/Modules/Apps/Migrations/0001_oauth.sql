-- Programs that may ask people for access. A client belongs to a campaign: its owner's membership is what a plain sign-in tells.
CREATE TABLE oauth_client (
    id {id} NOT NULL PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    secret_hash {bytes} NOT NULL,
    campaign_id {int} NOT NULL,
    owner_id {int} NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    redirect_uris text NOT NULL,
    api_version {int} NOT NULL CHECK (api_version IN (1, 2)),
    created_at {int} NOT NULL
) {strict};
CREATE INDEX oauth_client_campaign ON oauth_client (campaign_id, id);
CREATE INDEX oauth_client_owner ON oauth_client (owner_id);

-- A person lets a client in, once. Everything issued from it goes when it does.
CREATE TABLE oauth_grant (
    id {id} NOT NULL PRIMARY KEY,
    client_id {int} NOT NULL,
    person_id {int} NOT NULL,
    scope text NOT NULL,
    is_creators {bool} NOT NULL,
    created_at {int} NOT NULL,
    revoked_at {int}
) {strict};
CREATE INDEX oauth_grant_client ON oauth_grant (client_id);
CREATE INDEX oauth_grant_person ON oauth_grant (person_id);

-- Codes between the consent page and the token endpoint, used once. Only hashes are kept, of codes and tokens alike.
CREATE TABLE oauth_code (
    code_hash {bytes} NOT NULL PRIMARY KEY,
    grant_id {int} NOT NULL,
    client_id {int} NOT NULL,
    redirect_uri text NOT NULL,
    challenge text,
    expires_at {int} NOT NULL,
    used_at {int}
) {strict};
CREATE INDEX oauth_code_expiry ON oauth_code (expires_at);

CREATE TABLE oauth_token (
    token_hash {bytes} NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('access', 'refresh')),
    grant_id {int} NOT NULL,
    client_id {int} NOT NULL,
    issued_at {int} NOT NULL,
    expires_at {int},
    replaced_at {int},
    CHECK (kind = 'refresh' OR expires_at IS NOT NULL)
) {strict};
CREATE INDEX oauth_token_grant ON oauth_token (grant_id);
CREATE INDEX oauth_token_expiry ON oauth_token (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX oauth_token_replaced ON oauth_token (replaced_at) WHERE replaced_at IS NOT NULL;
