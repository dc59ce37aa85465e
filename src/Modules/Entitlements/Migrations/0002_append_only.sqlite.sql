-- Grants are facts: added, never changed. Only a sandbox's may be erased.
CREATE TRIGGER grant_entry_no_update BEFORE UPDATE ON grant_entry
BEGIN SELECT RAISE(ABORT, 'entitlements: grants are append-only; end one instead'); END;
CREATE TRIGGER grant_end_no_update BEFORE UPDATE ON grant_end
BEGIN SELECT RAISE(ABORT, 'entitlements: ends are append-only'); END;
CREATE TRIGGER grant_entry_no_delete BEFORE DELETE ON grant_entry
WHEN NOT EXISTS (SELECT 1 FROM book WHERE id = OLD.book_id AND kind = 'sandbox')
BEGIN SELECT RAISE(ABORT, 'entitlements: grants of the real books are never deleted'); END;
CREATE TRIGGER grant_end_no_delete BEFORE DELETE ON grant_end
WHEN NOT EXISTS (SELECT 1 FROM book WHERE id = OLD.book_id AND kind = 'sandbox')
BEGIN SELECT RAISE(ABORT, 'entitlements: ends of the real books are never deleted'); END;
CREATE TRIGGER access_rule_no_update BEFORE UPDATE ON access_rule
BEGIN SELECT RAISE(ABORT, 'entitlements: a rule is never changed; a door takes another one'); END;
