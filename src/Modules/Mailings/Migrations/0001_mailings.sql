-- A mailing: a published post on its way to people by mail. One process at a time is at it, for as long as its lease.
CREATE TABLE mailing (
    post_id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    title text NOT NULL,
    is_stopped {bool} NOT NULL,
    due_at {int},
    turn_at {int} NOT NULL,
    lease_until {int} NOT NULL,
    lease_token {int} NOT NULL,
    troubles {int} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX mailing_due ON mailing (turn_at, post_id) WHERE due_at IS NOT NULL;
CREATE INDEX mailing_campaign ON mailing (campaign_id, created_at, post_id);

-- One mail to one person about one post, for ever: whatever happens, there is never a second row.
CREATE TABLE mailing_recipient (
    post_id {int} NOT NULL,
    person_id {int} NOT NULL,
    id {int} NOT NULL,
    book_id {int} NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'refused', 'unknown', 'left_out')),
    reason text,
    attempts {int} NOT NULL,
    due_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    PRIMARY KEY (post_id, person_id)
) {strict,clustered};
CREATE INDEX mailing_recipient_waiting ON mailing_recipient (post_id, due_at, person_id) WHERE state = 'waiting';
CREATE INDEX mailing_recipient_sending ON mailing_recipient (post_id) WHERE state = 'sending';
CREATE INDEX mailing_recipient_state ON mailing_recipient (post_id, state);
CREATE INDEX mailing_recipient_person ON mailing_recipient (person_id);

-- Who does not want mails about posts: of a campaign, or of any (campaign 0). No row: they do.
CREATE TABLE mail_off (
    person_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    since {int} NOT NULL,
    PRIMARY KEY (person_id, campaign_id)
) {strict,clustered};

-- An address its server refused for good. Of the address only a hash, so that with a new one the row means nothing.
CREATE TABLE mail_bounce (
    person_id {id} NOT NULL PRIMARY KEY,
    address_hash text NOT NULL,
    answer text NOT NULL,
    since {int} NOT NULL
) {strict};
