-- Tokens people make for programs of their own. Only hashes are kept.
CREATE TABLE access_token (
    id {id} NOT NULL PRIMARY KEY,
    person_id {int} NOT NULL,
    token_hash {bytes} NOT NULL UNIQUE,
    name text NOT NULL,
    scope text NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int},
    last_used_at {int}
) {strict};
CREATE INDEX access_token_person ON access_token (person_id, id);
