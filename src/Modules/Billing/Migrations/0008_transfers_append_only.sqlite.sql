-- What was asked for and what was received is never changed; only real books have transfers.
CREATE TRIGGER transfer_order_no_update BEFORE UPDATE ON transfer_order BEGIN SELECT RAISE(ABORT, 'transfer_order is append-only'); END;
CREATE TRIGGER transfer_order_no_delete BEFORE DELETE ON transfer_order BEGIN SELECT RAISE(ABORT, 'transfer_order is append-only'); END;
CREATE TRIGGER transfer_outcome_no_update BEFORE UPDATE ON transfer_outcome BEGIN SELECT RAISE(ABORT, 'transfer_outcome is append-only'); END;
CREATE TRIGGER transfer_outcome_no_delete BEFORE DELETE ON transfer_outcome BEGIN SELECT RAISE(ABORT, 'transfer_outcome is append-only'); END;
