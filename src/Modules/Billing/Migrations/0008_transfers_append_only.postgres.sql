-- What was asked for and what was received is never changed; only real books have transfers.
CREATE TRIGGER transfer_order_no_update BEFORE UPDATE ON transfer_order FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER transfer_order_no_delete BEFORE DELETE ON transfer_order FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER transfer_order_no_truncate BEFORE TRUNCATE ON transfer_order FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER transfer_outcome_no_update BEFORE UPDATE ON transfer_outcome FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER transfer_outcome_no_delete BEFORE DELETE ON transfer_outcome FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER transfer_outcome_no_truncate BEFORE TRUNCATE ON transfer_outcome FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
