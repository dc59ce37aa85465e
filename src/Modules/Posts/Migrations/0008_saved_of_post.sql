-- What people put by goes with the post: found by the post, without reading everybody's shelf.
CREATE INDEX saved_post_post ON saved_post (post_id);
