-- What creators publish. Text is rendered once, on saving; rule_id is an audience kept by Entitlements.
CREATE TABLE post (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    book_id {int} NOT NULL,
    author_id {int} NOT NULL,
    title text NOT NULL,
    slug text NOT NULL,
    teaser text NOT NULL,
    markdown text NOT NULL,
    html text NOT NULL,
    plain text NOT NULL,
    excerpt text NOT NULL,
    cover_image_id {int},
    rule_id {int} NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'scheduled', 'published')),
    publish_at {int},
    published_at {int},
    seq {int},
    charge text NOT NULL CHECK (charge IN ('none', 'on_publish', 'charged', 'undone')),
    undo_until {int},
    created_at {int} NOT NULL,
    saved_at {int} NOT NULL,
    edited_at {int},
    deleted_at {int},
    version {int} NOT NULL,
    CHECK (state <> 'published' OR (published_at IS NOT NULL AND seq IS NOT NULL)),
    CHECK (state <> 'scheduled' OR publish_at IS NOT NULL),
    CHECK (charge <> 'charged' OR undo_until IS NOT NULL)
) {strict};
CREATE INDEX post_feed ON post (campaign_id, published_at, id) WHERE state = 'published' AND deleted_at IS NULL;
CREATE INDEX post_library ON post (campaign_id, state, saved_at) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX post_seq ON post (campaign_id, seq);

-- The last number given to a post of a campaign; the row is the campaign's queue for publishing.
CREATE TABLE post_number (
    campaign_id {int} NOT NULL PRIMARY KEY,
    last_seq {int} NOT NULL
) {strict,clustered};

-- Pictures, kept on disk by the hash of their bytes; one row per campaign and content.
CREATE TABLE post_image (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    uploader_id {int} NOT NULL,
    hash text NOT NULL,
    content_type text NOT NULL,
    size_bytes {int} NOT NULL,
    width_px {int} NOT NULL,
    height_px {int} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX post_image_content ON post_image (campaign_id, hash);

-- Which posts show a picture: it opens with any of them.
CREATE TABLE post_image_use (
    image_id {int} NOT NULL,
    post_id {int} NOT NULL,
    PRIMARY KEY (image_id, post_id)
) {strict,clustered};
CREATE INDEX post_image_use_post ON post_image_use (post_id);
