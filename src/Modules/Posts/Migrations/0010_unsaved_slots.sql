-- What somebody typed and did not save, one for each time they opened the composer: what is typed now must not overwrite what is still offered.
CREATE TABLE post_typed (
    campaign_id {int} NOT NULL,
    author_id {int} NOT NULL,
    post_id {int} NOT NULL,
    slot {int} NOT NULL,
    title text NOT NULL,
    teaser text NOT NULL,
    markdown text NOT NULL,
    typed_at {int} NOT NULL,
    PRIMARY KEY (campaign_id, author_id, post_id, slot)
) {strict,clustered};
INSERT INTO post_typed SELECT campaign_id, author_id, post_id, 0, title, teaser, markdown, typed_at FROM post_unsaved;
DROP TABLE post_unsaved;
ALTER TABLE post_typed RENAME TO post_unsaved;
