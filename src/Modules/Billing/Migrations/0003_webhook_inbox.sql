-- Events a gateway told us of: each once, whatever it sends again. Nothing of an event is kept but which object it is about.
CREATE TABLE webhook_inbox (
    gateway text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    object_id text NOT NULL,
    received_at {int} NOT NULL,
    handled_at {int},
    PRIMARY KEY (gateway, event_id)
) {strict};
CREATE INDEX webhook_inbox_received ON webhook_inbox (received_at);

-- A returning person and an event may tell of the same card at once.
CREATE UNIQUE INDEX payment_method_ref ON payment_method (gateway, method_ref);
