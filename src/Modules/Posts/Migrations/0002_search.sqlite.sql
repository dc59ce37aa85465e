-- Published posts by their words. The words are folded and split by the program, so the tokenizer only cuts at spaces.
CREATE TABLE post_search (
    post_id INTEGER NOT NULL PRIMARY KEY,
    campaign_id INTEGER NOT NULL,
    rule_id INTEGER NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;
CREATE VIRTUAL TABLE post_search_words USING fts5 (
    scope, title, teaser, body, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '3'
);
