-- Published posts by their words. The words are folded and split by the program; weights A title, B teaser, C body.
CREATE TABLE post_search (
    post_id bigint NOT NULL PRIMARY KEY,
    campaign_id bigint NOT NULL,
    rule_id bigint NOT NULL,
    published_at bigint NOT NULL,
    words tsvector NOT NULL
);
CREATE INDEX post_search_campaign ON post_search (campaign_id);
CREATE INDEX post_search_words ON post_search USING gin (words);
