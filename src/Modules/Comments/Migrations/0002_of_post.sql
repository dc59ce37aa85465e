-- How many comments a post has is counted whenever it is read, answers too.
CREATE INDEX comment_of_post ON comment (post_id, author_id) WHERE state = 'shown';
