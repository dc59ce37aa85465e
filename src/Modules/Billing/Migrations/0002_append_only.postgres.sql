-- Facts are never changed; they are deleted only with a whole sandbox book.
CREATE FUNCTION billing_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE FUNCTION billing_refuse_live_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT kind FROM book WHERE id = OLD.book_id) = 'live' THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF;
    RETURN OLD;
END $$;
CREATE FUNCTION billing_refuse_live_charge_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT b.kind FROM charge c JOIN book b ON b.id = c.book_id WHERE c.id = OLD.charge_id) = 'live' THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER pledge_version_no_update BEFORE UPDATE ON pledge_version FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER pledge_version_no_truncate BEFORE TRUNCATE ON pledge_version FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER paid_post_no_update BEFORE UPDATE ON paid_post FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER paid_post_no_delete BEFORE DELETE ON paid_post FOR EACH ROW EXECUTE FUNCTION billing_refuse_live_delete();
CREATE TRIGGER paid_post_no_truncate BEFORE TRUNCATE ON paid_post FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER paid_post_done_no_update BEFORE UPDATE ON paid_post_done FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER paid_post_done_no_truncate BEFORE TRUNCATE ON paid_post_done FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER paid_post_undone_no_update BEFORE UPDATE ON paid_post_undone FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER paid_post_undone_no_truncate BEFORE TRUNCATE ON paid_post_undone FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER accrual_no_update BEFORE UPDATE ON accrual FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER accrual_no_truncate BEFORE TRUNCATE ON accrual FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER run_total_no_update BEFORE UPDATE ON run_total FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER run_total_no_truncate BEFORE TRUNCATE ON run_total FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER bill_line_no_update BEFORE UPDATE ON bill_line FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER bill_line_no_delete BEFORE DELETE ON bill_line FOR EACH ROW EXECUTE FUNCTION billing_refuse_live_delete();
CREATE TRIGGER bill_line_no_truncate BEFORE TRUNCATE ON bill_line FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER bill_line_rolled_no_update BEFORE UPDATE ON bill_line_rolled FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER bill_line_rolled_no_truncate BEFORE TRUNCATE ON bill_line_rolled FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER bill_line_void_no_update BEFORE UPDATE ON bill_line_void FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER bill_line_void_no_truncate BEFORE TRUNCATE ON bill_line_void FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER run_skip_no_update BEFORE UPDATE ON run_skip FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER run_skip_no_truncate BEFORE TRUNCATE ON run_skip FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER charge_no_update BEFORE UPDATE ON charge FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER charge_no_delete BEFORE DELETE ON charge FOR EACH ROW EXECUTE FUNCTION billing_refuse_live_delete();
CREATE TRIGGER charge_no_truncate BEFORE TRUNCATE ON charge FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER gateway_intent_no_update BEFORE UPDATE ON gateway_intent FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER gateway_intent_no_truncate BEFORE TRUNCATE ON gateway_intent FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER attempt_no_update BEFORE UPDATE ON attempt FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER attempt_no_truncate BEFORE TRUNCATE ON attempt FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER attempt_result_no_update BEFORE UPDATE ON attempt_result FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER attempt_result_no_truncate BEFORE TRUNCATE ON attempt_result FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER charge_closed_no_update BEFORE UPDATE ON charge_closed FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER charge_closed_no_truncate BEFORE TRUNCATE ON charge_closed FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_update();
CREATE TRIGGER attempt_no_delete BEFORE DELETE ON attempt FOR EACH ROW EXECUTE FUNCTION billing_refuse_live_charge_delete();
CREATE TRIGGER attempt_result_no_delete BEFORE DELETE ON attempt_result FOR EACH ROW EXECUTE FUNCTION billing_refuse_live_charge_delete();
CREATE TRIGGER gateway_intent_no_delete BEFORE DELETE ON gateway_intent FOR EACH ROW EXECUTE FUNCTION billing_refuse_live_charge_delete();
CREATE TRIGGER charge_closed_no_delete BEFORE DELETE ON charge_closed FOR EACH ROW EXECUTE FUNCTION billing_refuse_live_charge_delete();
