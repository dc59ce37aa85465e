-- Addresses that are told what happens on a campaign, each of its own accord. The secret is kept as it is: it must sign each delivery and be
-- shown again. Times are the wall clock's, since the network knows no other. due_at: when there is something to send, and not before.
CREATE TABLE webhook (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL,
    owner_id {int} NOT NULL,
    client_id {int},
    uri text NOT NULL,
    secret text NOT NULL,
    triggers text NOT NULL,
    scope text NOT NULL,
    origin text NOT NULL,
    is_paused {bool} NOT NULL,
    failures {int} NOT NULL CHECK (failures >= 0),
    last_attempted_at {int},
    due_at {int},
    lease_until {int} NOT NULL,
    lease_token {int} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX webhook_campaign ON webhook (campaign_id, id);
CREATE INDEX webhook_client ON webhook (client_id, id) WHERE client_id IS NOT NULL;
CREATE INDEX webhook_owner ON webhook (owner_id);
CREATE INDEX webhook_due ON webhook (due_at) WHERE due_at IS NOT NULL;

-- What is told, as the bytes that are signed; one row for all who are told the same. Gone with the person it tells of.
CREATE TABLE webhook_payload (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    person_id {int},
    body {bytes} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX webhook_payload_person ON webhook_payload (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX webhook_payload_age ON webhook_payload (created_at);
CREATE INDEX webhook_payload_book ON webhook_payload (book_id);

-- What a webhook is to be sent, in the order of the ids, and what became of it the last time.
CREATE TABLE webhook_delivery (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    webhook_id {int} NOT NULL,
    payload_id {int} NOT NULL,
    event text NOT NULL,
    is_waiting {bool} NOT NULL,
    attempts {int} NOT NULL,
    answer_status {int},
    answer text,
    trouble text,
    took_ms {int},
    attempted_at {int},
    created_at {int} NOT NULL
) {strict};
CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, id) WHERE is_waiting;
CREATE INDEX webhook_delivery_payload ON webhook_delivery (payload_id);
CREATE INDEX webhook_delivery_age ON webhook_delivery (created_at);
CREATE INDEX webhook_delivery_book ON webhook_delivery (book_id);
