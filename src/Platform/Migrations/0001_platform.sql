-- Sets of books: the real one and one per sandbox campaign, each with its own clock.
CREATE TABLE book (
    id {id} NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('live', 'sandbox')),
    offset_ms {int} NOT NULL CHECK (offset_ms >= 0),
    created_at {int} NOT NULL,
    CHECK (kind = 'sandbox' OR offset_ms = 0)
) {strict};
INSERT INTO book (id, kind, offset_ms, created_at) VALUES (1, 'live', 0, 0);

-- Messages to consumers (outbox) and jobs: the same row, with a time. Times are in the book's clock.
CREATE TABLE message (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    topic text NOT NULL,
    consumer text NOT NULL,
    payload text NOT NULL,
    partition text,
    dedupe_key text,
    run_at {int} NOT NULL,
    attempts {int} NOT NULL,
    lease_until {int} NOT NULL,
    lease_token {int} NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'parked', 'done')),
    last_error text,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX message_due ON message (book_id, run_at, id) WHERE status = 'pending';
CREATE INDEX message_partition ON message (consumer, partition, book_id, id) WHERE status = 'pending' AND partition IS NOT NULL;
CREATE UNIQUE INDEX message_dedupe ON message (consumer, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX message_done ON message (created_at) WHERE status = 'done';
CREATE INDEX message_parked ON message (id) WHERE status = 'parked';

-- Site-wide settings: name, policy, secrets made once (protected by the key ring).
CREATE TABLE setting (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL
) {strict,clustered};

-- Answers already given to unsafe API calls, by key.
CREATE TABLE idempotency (
    owner text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status {int} NOT NULL,
    content_type text,
    location text,
    body {bytes} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (owner, key)
) {strict,clustered};
