-- Grants are facts: added, never changed. Only a sandbox's may be erased.
CREATE FUNCTION entitlements_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entitlements: % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER grant_entry_keep BEFORE UPDATE ON grant_entry FOR EACH STATEMENT EXECUTE FUNCTION entitlements_never();
CREATE TRIGGER grant_end_keep BEFORE UPDATE ON grant_end FOR EACH STATEMENT EXECUTE FUNCTION entitlements_never();
CREATE TRIGGER access_rule_keep BEFORE UPDATE ON access_rule FOR EACH STATEMENT EXECUTE FUNCTION entitlements_never();
CREATE TRIGGER grant_entry_truncate BEFORE TRUNCATE ON grant_entry EXECUTE FUNCTION entitlements_never();
CREATE TRIGGER grant_end_truncate BEFORE TRUNCATE ON grant_end EXECUTE FUNCTION entitlements_never();

CREATE FUNCTION entitlements_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT book_id FROM gone) g
               WHERE NOT EXISTS (SELECT 1 FROM book b WHERE b.id = g.book_id AND b.kind = 'sandbox')) THEN
        RAISE EXCEPTION 'entitlements: rows of the real books are never deleted (%)', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER grant_entry_stay AFTER DELETE ON grant_entry REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION entitlements_stay();
CREATE TRIGGER grant_end_stay AFTER DELETE ON grant_end REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION entitlements_stay();
