-- How far the gateway's own record of moved money has been compared with ours; restored_at while a restored site has not caught up.
CREATE TABLE recon_cursor (
    gateway text NOT NULL PRIMARY KEY,
    after_id text,
    scanned_at {int}
) {strict};

-- Money the gateway moved that our facts do not explain. It stays until they do, or until the operator has dealt with it.
CREATE TABLE recon_item (
    id {id} NOT NULL PRIMARY KEY,
    gateway text NOT NULL,
    movement_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('unknown_payment', 'unsettled', 'differs', 'unknown_refund')),
    intent_id text NOT NULL,
    customer_ref text,
    reference text,
    amount_minor {int} NOT NULL,
    fee_minor {int} NOT NULL,
    currency text NOT NULL,
    found_at {int} NOT NULL,
    resolved_at {int},
    note text,
    UNIQUE (gateway, movement_id)
) {strict};
CREATE INDEX recon_item_open ON recon_item (gateway, customer_ref) WHERE resolved_at IS NULL;
