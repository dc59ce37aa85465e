-- What stands above the paywall line of a post: as open as its title, whoever may read the rest. Empty where a post has no such line.
ALTER TABLE post ADD COLUMN preview_html text NOT NULL DEFAULT '';
ALTER TABLE post ADD COLUMN preview_plain text NOT NULL DEFAULT '';
ALTER TABLE post ADD COLUMN preview_excerpt text NOT NULL DEFAULT '';
ALTER TABLE post ADD COLUMN is_cover_open {bool} NOT NULL DEFAULT {false};
-- The picture stands above the line.
ALTER TABLE post_image_use ADD COLUMN is_open {bool} NOT NULL DEFAULT {false};

-- Posts in an order of their creator's: a series, a season, a course. The slug stays when the title changes.
CREATE TABLE post_collection (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX post_collection_slug ON post_collection (campaign_id, slug);
CREATE TABLE post_collection_item (
    collection_id {int} NOT NULL REFERENCES post_collection (id),
    post_id {int} NOT NULL,
    place {int} NOT NULL,
    PRIMARY KEY (collection_id, post_id)
) {strict,clustered};
CREATE UNIQUE INDEX post_collection_place ON post_collection_item (collection_id, place);
CREATE INDEX post_collection_post ON post_collection_item (post_id);
