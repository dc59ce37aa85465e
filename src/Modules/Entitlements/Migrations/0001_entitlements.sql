-- Who was given what, when, and because of which fact. Never changed; of the real books never deleted. tier_id null: the free level.
CREATE TABLE grant_entry (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    person_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    tier_id {int},
    source text NOT NULL CHECK (source IN ('free', 'paid', 'import', 'gift', 'comp', 'trial')),
    valid_from {int} NOT NULL,
    valid_until {int},
    cause_kind text NOT NULL,
    cause_ref {int} NOT NULL,
    created_at {int} NOT NULL,
    CHECK (valid_until IS NULL OR valid_until > valid_from)
) {strict};
CREATE INDEX grant_entry_person ON grant_entry (person_id, campaign_id, book_id);
CREATE INDEX grant_entry_cause ON grant_entry (cause_kind, cause_ref, book_id);
CREATE INDEX grant_entry_until ON grant_entry (book_id, valid_until) WHERE valid_until IS NOT NULL;
CREATE INDEX grant_entry_from ON grant_entry (book_id, valid_from);

-- A grant ended before its time. The earliest end counts; a later row never gives back what an earlier one took.
CREATE TABLE grant_end (
    grant_id {int} NOT NULL REFERENCES grant_entry (id),
    ended_at {int} NOT NULL,
    book_id {int} NOT NULL,
    reason text NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (grant_id, ended_at)
) {strict,clustered};
CREATE INDEX grant_end_at ON grant_end (book_id, ended_at);

-- What the stream has told: a projection of the two tables above, made again from them at any time. tier_id 0: the free level.
CREATE TABLE entitlement (
    book_id {int} NOT NULL,
    person_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    tier_id {int} NOT NULL,
    PRIMARY KEY (book_id, person_id, campaign_id, tier_id)
) {strict,clustered};

-- Audiences within a campaign; equal ones share a row, so a door keeps one number. Never changed.
CREATE TABLE access_rule (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('public', 'members', 'paid_members', 'tiers')),
    key text NOT NULL
) {strict};
CREATE UNIQUE INDEX access_rule_key ON access_rule (campaign_id, key);

CREATE TABLE access_rule_tier (
    rule_id {int} NOT NULL REFERENCES access_rule (id),
    tier_id {int} NOT NULL,
    PRIMARY KEY (rule_id, tier_id)
) {strict,clustered};
