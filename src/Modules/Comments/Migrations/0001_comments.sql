-- What readers write under posts. A reply names the comment it answers, which is never a reply itself. A deleted one keeps its place and no text.
CREATE TABLE comment (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    post_id {int} NOT NULL,
    parent_id {int},
    author_id {int} NOT NULL,
    body text NOT NULL,
    state text NOT NULL CHECK (state IN ('shown', 'held', 'removed', 'deleted')),
    created_at {int} NOT NULL,
    edited_at {int},
    pinned_at {int},
    CHECK (pinned_at IS NULL OR (parent_id IS NULL AND state = 'shown'))
) {strict};
CREATE INDEX comment_top ON comment (post_id, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comment_reply ON comment (parent_id, created_at, id) WHERE parent_id IS NOT NULL;
CREATE UNIQUE INDEX comment_pinned ON comment (post_id) WHERE pinned_at IS NOT NULL;
CREATE INDEX comment_author ON comment (author_id, created_at);
CREATE INDEX comment_held ON comment (campaign_id, created_at, id) WHERE state = 'held';

CREATE TABLE comment_like (
    comment_id {int} NOT NULL,
    person_id {int} NOT NULL,
    PRIMARY KEY (comment_id, person_id)
) {strict,clustered};
CREATE INDEX comment_like_person ON comment_like (person_id);

-- One report per reader and comment; settled when a moderator has looked.
CREATE TABLE comment_report (
    comment_id {int} NOT NULL,
    reporter_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    reason text NOT NULL,
    created_at {int} NOT NULL,
    settled_at {int},
    PRIMARY KEY (comment_id, reporter_id)
) {strict,clustered};
CREATE INDEX comment_report_open ON comment_report (campaign_id, created_at) WHERE settled_at IS NULL;

-- Whose comments somebody does not want to see, anywhere.
CREATE TABLE comment_mute (
    person_id {int} NOT NULL,
    muted_id {int} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (person_id, muted_id)
) {strict,clustered};

-- Who may not comment under a campaign's posts, and who keeps order there beside its creator.
CREATE TABLE comment_block (
    campaign_id {int} NOT NULL,
    person_id {int} NOT NULL,
    blocked_by {int} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (campaign_id, person_id)
) {strict,clustered};
CREATE TABLE comment_moderator (
    campaign_id {int} NOT NULL,
    person_id {int} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (campaign_id, person_id)
) {strict,clustered};

-- Words that hold a comment back until a moderator has looked; one or more words a line.
CREATE TABLE comment_filter (
    campaign_id {int} NOT NULL PRIMARY KEY,
    words text NOT NULL
) {strict,clustered};
