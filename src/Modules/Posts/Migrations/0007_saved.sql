-- Posts people put by, to read later or again.
CREATE TABLE saved_post (
    person_id {int} NOT NULL,
    post_id {int} NOT NULL,
    saved_at {int} NOT NULL,
    PRIMARY KEY (person_id, post_id)
) {strict,clustered};
CREATE INDEX saved_post_recent ON saved_post (person_id, saved_at, post_id);
