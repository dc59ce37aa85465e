-- Double entry. A row written here is never changed; a sandbox book's rows can be erased as a whole (triggers in 0002).

CREATE TABLE account (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    kind text NOT NULL,
    owner_id {int} NOT NULL,
    currency text NOT NULL
) {strict};
CREATE UNIQUE INDEX account_name ON account (book_id, kind, owner_id, currency);

-- One row per fact. transfer_count fixes how many transfers it has; seal is the SHA-256 of the journal with all of them.
CREATE TABLE journal (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    kind text NOT NULL,
    ref_id {int} NOT NULL,
    currency text NOT NULL,
    effective_at {int} NOT NULL,
    effective_on text NOT NULL CHECK (length(effective_on) = 10),
    reverses_id {int},
    transfer_count {int} NOT NULL CHECK (transfer_count > 0),
    seal {bytes} NOT NULL
) {strict};
CREATE UNIQUE INDEX journal_fact ON journal (book_id, kind, ref_id);
CREATE INDEX journal_day ON journal (book_id, effective_on, id);

CREATE TABLE transfer (
    journal_id {int} NOT NULL,
    seq {int} NOT NULL CHECK (seq >= 0),
    debit_account_id {int} NOT NULL,
    credit_account_id {int} NOT NULL,
    amount_minor {int} NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (journal_id, seq),
    CHECK (debit_account_id <> credit_account_id)
) {strict,clustered};
CREATE INDEX transfer_debit ON transfer (debit_account_id, journal_id, seq);
CREATE INDEX transfer_credit ON transfer (credit_account_id, journal_id, seq);

-- A closed month and the head of the hash chain after it.
CREATE TABLE book_close (
    book_id {int} NOT NULL,
    period text NOT NULL CHECK (length(period) = 7),
    journals {int} NOT NULL,
    through_journal_id {int} NOT NULL,
    previous_hash text NOT NULL,
    hash text NOT NULL,
    closed_at {int} NOT NULL,
    PRIMARY KEY (book_id, period)
) {strict,clustered};

-- Every account's sums from the beginning through the end of a closed month.
CREATE TABLE account_snapshot (
    account_id {int} NOT NULL,
    period text NOT NULL,
    debit_minor {int} NOT NULL,
    credit_minor {int} NOT NULL,
    PRIMARY KEY (account_id, period)
) {strict,clustered};
