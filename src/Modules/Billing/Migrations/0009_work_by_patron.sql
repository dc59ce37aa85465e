-- Whose declined bills there are is asked for each part of a run, by its patrons: the few of them, not everything they were ever billed.
CREATE TABLE due_work_by_patron (
    charge_id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    patron_id {int} NOT NULL,
    run_id {int},
    kind text NOT NULL CHECK (kind IN ('collect', 'check', 'retry', 'needs_method', 'action', 'quarantine')),
    due_at {int} NOT NULL,
    lease_until {int} NOT NULL,
    lease_token {int} NOT NULL,
    tries {int} NOT NULL,
    action_url text,
    reason text
) {strict};
INSERT INTO due_work_by_patron (charge_id, book_id, patron_id, run_id, kind, due_at, lease_until, lease_token, tries, action_url, reason)
SELECT w.charge_id, w.book_id, c.patron_id, w.run_id, w.kind, w.due_at, w.lease_until, w.lease_token, w.tries, w.action_url, w.reason
FROM due_work w JOIN charge c ON c.id = w.charge_id;
DROP TABLE due_work;
ALTER TABLE due_work_by_patron RENAME TO due_work;
CREATE INDEX due_work_due ON due_work (book_id, due_at);
CREATE INDEX due_work_run ON due_work (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX due_work_declined ON due_work (book_id, patron_id) WHERE kind IN ('retry', 'needs_method');
