-- Every saved text of a post, to look at and bring back; the oldest beyond fifty are dropped.
CREATE TABLE post_revision (
    post_id {int} NOT NULL,
    version {int} NOT NULL,
    author_id {int} NOT NULL,
    title text NOT NULL,
    teaser text NOT NULL,
    markdown text NOT NULL,
    saved_at {int} NOT NULL,
    PRIMARY KEY (post_id, version)
) {strict,clustered};

-- What somebody typed and did not save; one per post and writer, post_id 0 for a new one. Gone when the post is saved.
CREATE TABLE post_unsaved (
    campaign_id {int} NOT NULL,
    author_id {int} NOT NULL,
    post_id {int} NOT NULL,
    title text NOT NULL,
    teaser text NOT NULL,
    markdown text NOT NULL,
    typed_at {int} NOT NULL,
    PRIMARY KEY (campaign_id, author_id, post_id)
) {strict,clustered};

-- What posts are about, in the creator's words; key is the word folded, so that one tag has one page.
CREATE TABLE post_tag (
    post_id {int} NOT NULL,
    key text NOT NULL,
    campaign_id {int} NOT NULL,
    name text NOT NULL,
    place {int} NOT NULL,
    PRIMARY KEY (post_id, key)
) {strict,clustered};
CREATE INDEX post_tag_campaign ON post_tag (campaign_id, key);

-- A question under a post. Options are fixed from the first vote on; slot is 0 where one may choose one, else the option: so the key allows
-- one vote per person, or one per person and option.
CREATE TABLE poll (
    post_id {int} NOT NULL PRIMARY KEY,
    question text NOT NULL,
    is_multiple {bool} NOT NULL,
    closes_at {int}
) {strict,clustered};
CREATE TABLE poll_option (
    post_id {int} NOT NULL REFERENCES poll (post_id),
    place {int} NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (post_id, place)
) {strict,clustered};
CREATE TABLE poll_vote (
    post_id {int} NOT NULL,
    person_id {int} NOT NULL,
    slot {int} NOT NULL,
    place {int} NOT NULL,
    voted_at {int} NOT NULL,
    PRIMARY KEY (post_id, person_id, slot),
    FOREIGN KEY (post_id, place) REFERENCES poll_option (post_id, place)
) {strict,clustered};
CREATE INDEX poll_vote_option ON poll_vote (post_id, place);
CREATE INDEX poll_vote_person ON poll_vote (person_id);
