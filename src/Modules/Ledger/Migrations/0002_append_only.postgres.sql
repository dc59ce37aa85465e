-- What is posted stays. Only the books of a sandbox, never book 1, can be erased.
-- Row triggers where nothing is ever right; statement triggers with transition tables where bulk writes must stay fast.
-- Their plans are kept from when the tables were empty, so the joins are told to go by key: a kept sequential scan would be quadratic.

CREATE FUNCTION ledger_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % is append-only; post a reversal', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER account_keep BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION ledger_never();
CREATE TRIGGER journal_keep BEFORE UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION ledger_never();
CREATE TRIGGER transfer_keep BEFORE UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION ledger_never();
CREATE TRIGGER book_close_keep BEFORE UPDATE ON book_close FOR EACH ROW EXECUTE FUNCTION ledger_never();
CREATE TRIGGER account_snapshot_keep BEFORE UPDATE ON account_snapshot FOR EACH ROW EXECUTE FUNCTION ledger_never();

CREATE TRIGGER account_truncate BEFORE TRUNCATE ON account EXECUTE FUNCTION ledger_never();
CREATE TRIGGER journal_truncate BEFORE TRUNCATE ON journal EXECUTE FUNCTION ledger_never();
CREATE TRIGGER transfer_truncate BEFORE TRUNCATE ON transfer EXECUTE FUNCTION ledger_never();
CREATE TRIGGER book_close_truncate BEFORE TRUNCATE ON book_close EXECUTE FUNCTION ledger_never();
CREATE TRIGGER account_snapshot_truncate BEFORE TRUNCATE ON account_snapshot EXECUTE FUNCTION ledger_never();

CREATE FUNCTION ledger_stay_by_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT book_id FROM gone) g
               WHERE NOT EXISTS (SELECT 1 FROM book b WHERE b.id = g.book_id AND b.kind = 'sandbox' AND b.id <> 1)) THEN
        RAISE EXCEPTION 'ledger: rows of the real books are never deleted (%)', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER account_stay AFTER DELETE ON account REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay_by_book();
CREATE TRIGGER journal_stay AFTER DELETE ON journal REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay_by_book();
CREATE TRIGGER book_close_stay AFTER DELETE ON book_close REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay_by_book();

CREATE FUNCTION ledger_stay_by_journal() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM gone g WHERE NOT EXISTS (
            SELECT 1 FROM journal j JOIN book b ON b.id = j.book_id WHERE j.id = g.journal_id AND b.kind = 'sandbox' AND b.id <> 1)) THEN
        RAISE EXCEPTION 'ledger: real transfers are never deleted; post a reversal' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transfer_stay AFTER DELETE ON transfer REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay_by_journal();

CREATE FUNCTION ledger_stay_by_account() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM gone g WHERE NOT EXISTS (
            SELECT 1 FROM account a JOIN book b ON b.id = a.book_id WHERE a.id = g.account_id AND b.kind = 'sandbox' AND b.id <> 1)) THEN
        RAISE EXCEPTION 'ledger: a snapshot of the real books is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER account_snapshot_stay AFTER DELETE ON account_snapshot REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay_by_account();

-- The shared lock makes a posting in flight and a close of its book exclude each other: whoever is second sees the first.
CREATE FUNCTION ledger_journal_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE book bigint;
BEGIN
    FOR book IN SELECT DISTINCT book_id FROM fresh ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger book ' || book, 0));
    END LOOP;
    IF EXISTS (SELECT 1 FROM (SELECT book_id, min(effective_on) AS first_day FROM fresh GROUP BY book_id) f
               JOIN book_close c ON c.book_id = f.book_id AND c.period >= substr(f.first_day, 1, 7)) THEN
        RAISE EXCEPTION 'ledger: the period is closed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER journal_fits AFTER INSERT ON journal REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_journal_fits();

CREATE FUNCTION ledger_transfer_fits() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM fresh t
        LEFT JOIN journal j ON j.id = t.journal_id
        LEFT JOIN account d ON d.id = t.debit_account_id
        LEFT JOIN account c ON c.id = t.credit_account_id
        LEFT JOIN (SELECT book_id, max(period) AS period FROM book_close GROUP BY book_id) b ON b.book_id = j.book_id
        WHERE (t.seq < j.transfer_count AND d.book_id = j.book_id AND c.book_id = j.book_id AND d.currency = j.currency AND c.currency = j.currency
               AND coalesce(b.period < substr(j.effective_on, 1, 7), true)) IS NOT TRUE) THEN
        RAISE EXCEPTION 'ledger: the transfer does not fit its journal: count, book, currency or closed period' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transfer_fits AFTER INSERT ON transfer REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_fits();

CREATE FUNCTION ledger_close_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f JOIN book_close c ON c.book_id = f.book_id AND c.period > f.period) THEN
        RAISE EXCEPTION 'ledger: this period is closed already' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER book_close_once AFTER INSERT ON book_close REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_close_once();
