-- When something to read last came into a collection: a reader's library lists them by it. A change of words or of the order does not count.
ALTER TABLE post_collection ADD COLUMN changed_at {int} NOT NULL DEFAULT 0;
UPDATE post_collection SET changed_at = COALESCE(
    (SELECT MAX(p.published_at) FROM post_collection_item i JOIN post p ON p.id = i.post_id
     WHERE i.collection_id = post_collection.id AND p.state = 'published' AND p.deleted_at IS NULL), created_at);
CREATE INDEX post_collection_changed ON post_collection (campaign_id, changed_at, id);
