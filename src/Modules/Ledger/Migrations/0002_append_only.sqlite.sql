-- What is posted stays. Only the books of a sandbox, never book 1, can be erased.
-- BEFORE INSERT guards also stop INSERT OR REPLACE, which on SQLite deletes without firing delete triggers.

CREATE TRIGGER account_keep BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'ledger: accounts are never changed'); END;
CREATE TRIGGER journal_keep BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'ledger: journals are never changed; post a reversal'); END;
CREATE TRIGGER transfer_keep BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'ledger: transfers are never changed; post a reversal'); END;
CREATE TRIGGER book_close_keep BEFORE UPDATE ON book_close BEGIN SELECT RAISE(ABORT, 'ledger: a close is never changed'); END;
CREATE TRIGGER account_snapshot_keep BEFORE UPDATE ON account_snapshot BEGIN SELECT RAISE(ABORT, 'ledger: a snapshot is never changed'); END;

CREATE TRIGGER account_stay BEFORE DELETE ON account
WHEN NOT EXISTS (SELECT 1 FROM book WHERE id = OLD.book_id AND kind = 'sandbox' AND id <> 1)
BEGIN SELECT RAISE(ABORT, 'ledger: real accounts are never deleted'); END;

CREATE TRIGGER journal_stay BEFORE DELETE ON journal
WHEN NOT EXISTS (SELECT 1 FROM book WHERE id = OLD.book_id AND kind = 'sandbox' AND id <> 1)
BEGIN SELECT RAISE(ABORT, 'ledger: real journals are never deleted; post a reversal'); END;

CREATE TRIGGER transfer_stay BEFORE DELETE ON transfer
WHEN NOT EXISTS (SELECT 1 FROM journal j JOIN book b ON b.id = j.book_id WHERE j.id = OLD.journal_id AND b.kind = 'sandbox' AND b.id <> 1)
BEGIN SELECT RAISE(ABORT, 'ledger: real transfers are never deleted; post a reversal'); END;

CREATE TRIGGER book_close_stay BEFORE DELETE ON book_close
WHEN NOT EXISTS (SELECT 1 FROM book WHERE id = OLD.book_id AND kind = 'sandbox' AND id <> 1)
BEGIN SELECT RAISE(ABORT, 'ledger: a close of the real books is never deleted'); END;

CREATE TRIGGER account_snapshot_stay BEFORE DELETE ON account_snapshot
WHEN NOT EXISTS (SELECT 1 FROM account a JOIN book b ON b.id = a.book_id WHERE a.id = OLD.account_id AND b.kind = 'sandbox' AND b.id <> 1)
BEGIN SELECT RAISE(ABORT, 'ledger: a snapshot of the real books is never deleted'); END;

CREATE TRIGGER account_once BEFORE INSERT ON account
WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM account WHERE book_id = NEW.book_id AND kind = NEW.kind AND owner_id = NEW.owner_id AND currency = NEW.currency)
BEGIN SELECT RAISE(ABORT, 'ledger: this account exists'); END;

CREATE TRIGGER journal_fits BEFORE INSERT ON journal BEGIN
    SELECT RAISE(ABORT, 'ledger: this fact is posted already')
    WHERE EXISTS (SELECT 1 FROM journal WHERE id = NEW.id)
       OR EXISTS (SELECT 1 FROM journal WHERE book_id = NEW.book_id AND kind = NEW.kind AND ref_id = NEW.ref_id);
    SELECT RAISE(ABORT, 'ledger: the period is closed')
    WHERE EXISTS (SELECT 1 FROM book_close WHERE book_id = NEW.book_id AND period >= substr(NEW.effective_on, 1, 7));
END;

CREATE TRIGGER transfer_fits BEFORE INSERT ON transfer BEGIN
    SELECT RAISE(ABORT, 'ledger: this transfer exists')
    WHERE EXISTS (SELECT 1 FROM transfer WHERE journal_id = NEW.journal_id AND seq = NEW.seq);
    SELECT RAISE(ABORT, 'ledger: the transfer does not fit its journal: count, book, currency or closed period')
    WHERE NOT EXISTS (
        SELECT 1 FROM journal j JOIN account d ON d.id = NEW.debit_account_id JOIN account c ON c.id = NEW.credit_account_id
        WHERE j.id = NEW.journal_id AND NEW.seq < j.transfer_count
          AND d.book_id = j.book_id AND c.book_id = j.book_id AND d.currency = j.currency AND c.currency = j.currency
          AND NOT EXISTS (SELECT 1 FROM book_close b WHERE b.book_id = j.book_id AND b.period >= substr(j.effective_on, 1, 7)));
END;

CREATE TRIGGER book_close_once BEFORE INSERT ON book_close
WHEN EXISTS (SELECT 1 FROM book_close WHERE book_id = NEW.book_id AND period >= NEW.period)
BEGIN SELECT RAISE(ABORT, 'ledger: this period is closed already'); END;

CREATE TRIGGER account_snapshot_once BEFORE INSERT ON account_snapshot
WHEN EXISTS (SELECT 1 FROM account_snapshot WHERE account_id = NEW.account_id AND period >= NEW.period)
BEGIN SELECT RAISE(ABORT, 'ledger: this snapshot exists'); END;
