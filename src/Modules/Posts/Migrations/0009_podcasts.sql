-- A collection its creator also offers as a podcast. Its id is the collection's, so that one is at most one; the row stays when the collection goes
-- or the podcast ends, so that apps that still ask are told so. The guid is given once and stays, whatever becomes of addresses.
CREATE TABLE podcast (
    collection_id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    guid text NOT NULL,
    description text NOT NULL,
    author text NOT NULL,
    language text NOT NULL,
    category text NOT NULL,
    is_explicit {bool} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('episodic', 'serial')),
    artwork_id {int},
    is_offered {bool} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX podcast_campaign ON podcast (campaign_id);

-- What a creator says of one episode; without a row it counts by its place.
CREATE TABLE podcast_episode (
    collection_id {int} NOT NULL,
    post_id {int} NOT NULL,
    season {int},
    number {int},
    kind text NOT NULL CHECK (kind IN ('full', 'trailer', 'bonus')),
    PRIMARY KEY (collection_id, post_id)
) {strict,clustered};
CREATE INDEX podcast_episode_post ON podcast_episode (post_id);

-- The same as before for each podcast too; podcast_id 0: the feed of everything. What it holds is found again at the next reading.
DROP TABLE feed_state;
CREATE TABLE feed_state (
    token_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    podcast_id {int} NOT NULL,
    language text NOT NULL,
    tag text NOT NULL,
    changed_at {int} NOT NULL,
    PRIMARY KEY (token_id, campaign_id, podcast_id, language)
) {strict,clustered};
