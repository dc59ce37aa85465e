-- A patron's secret addresses for feed readers, one per device. The secret itself is shown once and never kept; taking it back deletes the row.
CREATE TABLE feed_token (
    id {id} NOT NULL PRIMARY KEY,
    person_id {int} NOT NULL,
    name text NOT NULL,
    hash {bytes} NOT NULL,
    created_at {int} NOT NULL,
    last_used_at {int}
) {strict};
CREATE UNIQUE INDEX feed_token_hash ON feed_token (hash);
CREATE UNIQUE INDEX feed_token_name ON feed_token (person_id, name);

-- When what a reader is given last changed, for Last-Modified: a post, the campaign's page or what is open to them. token_id 0: the public feed.
CREATE TABLE feed_state (
    token_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    language text NOT NULL,
    tag text NOT NULL,
    changed_at {int} NOT NULL,
    PRIMARY KEY (token_id, campaign_id, language)
) {strict,clustered};

-- Which rules a campaign's posts have: the public feed and the search ask the gate about these.
CREATE INDEX post_rule ON post (campaign_id, rule_id) WHERE state = 'published' AND deleted_at IS NULL;
