-- A release in steps: from an instant on, another rule of the same campaign holds. Equal releases share one row; never changed.
-- The ids are of the same sequence as those of access_rule, so a door keeps one number whichever it is.
CREATE TABLE release_rule (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    first_rule_id {int} NOT NULL REFERENCES access_rule (id),
    key text NOT NULL
) {strict};
CREATE UNIQUE INDEX release_rule_key ON release_rule (campaign_id, key);

CREATE TABLE release_step (
    release_id {int} NOT NULL REFERENCES release_rule (id),
    from_at {int} NOT NULL,
    rule_id {int} NOT NULL REFERENCES access_rule (id),
    PRIMARY KEY (release_id, from_at)
) {strict,clustered};

-- How much of what came out before a tier opens; a tier without a row opens everything.
CREATE TABLE tier_backlog (
    tier_id {int} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('since_joining', 'last_months', 'after_paid_months')),
    months {int} NOT NULL,
    CHECK (kind = 'since_joining' OR months BETWEEN 1 AND 120)
) {strict,clustered};
CREATE INDEX tier_backlog_campaign ON tier_backlog (campaign_id);

-- Who belongs to a campaign now, for telling them of something new.
CREATE INDEX entitlement_campaign ON entitlement (campaign_id, book_id, person_id);
