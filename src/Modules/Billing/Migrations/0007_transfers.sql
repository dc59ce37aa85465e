-- The rail of payments made by hand (bank transfer, cash): what is asked for, and the one thing that became of it.
CREATE TABLE transfer_order (
    id text NOT NULL PRIMARY KEY,
    charge_id {int} NOT NULL UNIQUE,
    customer_ref text NOT NULL,
    amount_minor {int} NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    reference text NOT NULL UNIQUE,
    created_at {int} NOT NULL
) {strict};

CREATE TABLE transfer_outcome (
    order_id text NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('received', 'canceled')),
    received_minor {int} NOT NULL CHECK ((kind = 'received') = (received_minor > 0)),
    received_on text,
    recorded_by {int},
    at {int} NOT NULL
) {strict};
CREATE INDEX transfer_outcome_at ON transfer_outcome (at, order_id);
