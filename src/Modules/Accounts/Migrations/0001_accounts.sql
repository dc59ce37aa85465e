-- People. Money and memberships refer to the id, which outlives the account; what tells who somebody is lives in person_pii and is erased.
CREATE TABLE person (
    id {id} NOT NULL PRIMARY KEY,
    name text NOT NULL,
    is_operator {bool} NOT NULL,
    creator text NOT NULL CHECK (creator IN ('none', 'asked', 'approved', 'refused')),
    created_at {int} NOT NULL,
    confirmed_at {int},
    closed_at {int},
    version {int} NOT NULL
) {strict};
CREATE INDEX person_operator ON person (id) WHERE is_operator = {true};
CREATE INDEX person_asked ON person (id) WHERE creator = 'asked';

-- Personal data, sealed. email_index is a keyed hash of the normalised address: equal addresses are found and kept unique without reading them.
CREATE TABLE person_pii (
    person_id {id} NOT NULL PRIMARY KEY REFERENCES person (id),
    email_cipher {bytes} NOT NULL,
    email_index text NOT NULL UNIQUE
) {strict};

-- How a person proves to be themselves, beside the mailbox.
CREATE TABLE credential (
    person_id {id} NOT NULL PRIMARY KEY REFERENCES person (id),
    password_hash text,
    password_changed_at {int},
    totp_cipher {bytes},
    totp_confirmed_at {int},
    totp_last_step {int} NOT NULL
) {strict};

CREATE TABLE recovery_code (
    person_id {int} NOT NULL REFERENCES person (id),
    code_hash {bytes} NOT NULL,
    PRIMARY KEY (person_id, code_hash)
) {strict,clustered};

CREATE TABLE passkey (
    credential_id {bytes} NOT NULL PRIMARY KEY,
    person_id {int} NOT NULL REFERENCES person (id),
    name text NOT NULL,
    public_key {bytes} NOT NULL,
    sign_count {int} NOT NULL,
    transports text NOT NULL,
    is_user_verified {bool} NOT NULL,
    is_backup_eligible {bool} NOT NULL,
    is_backed_up {bool} NOT NULL,
    created_at {int} NOT NULL,
    last_used_at {int}
) {strict};
CREATE INDEX passkey_person ON passkey (person_id);

-- Signed-in browsers. The cookie holds a random token; only its hash is kept.
CREATE TABLE session (
    id {id} NOT NULL PRIMARY KEY,
    person_id {int} NOT NULL REFERENCES person (id),
    token_hash {bytes} NOT NULL UNIQUE,
    device text NOT NULL,
    created_at {int} NOT NULL,
    proven_at {int} NOT NULL,
    last_used_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {strict};
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expiry ON session (expires_at);

-- Links mailed to a person, each good for one use. person_id is 0 for an address nobody has: the same work is done, so that time tells nothing.
CREATE TABLE mail_link (
    id {id} NOT NULL PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    person_id {int} NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'sign_up', 'new_address')),
    browser_hash {bytes} NOT NULL,
    return_to text NOT NULL,
    name text,
    password_hash text,
    email_cipher {bytes},
    email_index text,
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    used_at {int}
) {strict};
CREATE INDEX mail_link_person ON mail_link (person_id);
CREATE INDEX mail_link_expiry ON mail_link (expires_at);

-- Wrong tries per address or person, whether or not an account is behind it.
CREATE TABLE attempt_guard (
    key text NOT NULL PRIMARY KEY,
    failures {int} NOT NULL,
    locked_until {int} NOT NULL,
    touched_at {int} NOT NULL
) {strict,clustered};
CREATE INDEX attempt_guard_touched ON attempt_guard (touched_at);
