-- One file brought into one campaign: how far it is committed, so that a stopped import goes on where it was and a finished one is not done twice.
CREATE TABLE import (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    source text NOT NULL,
    file_name text NOT NULL,
    file_hash text NOT NULL,
    stored_file text,
    started_by {int},
    status text NOT NULL CHECK (status IN ('ready', 'running', 'done', 'failed')),
    total_rows {int} NOT NULL,
    committed_rows {int} NOT NULL,
    imported {int} NOT NULL,
    updated {int} NOT NULL,
    unchanged {int} NOT NULL,
    skipped {int} NOT NULL,
    totals text NOT NULL,
    tiers_created text NOT NULL,
    message text,
    started_at {int} NOT NULL,
    finished_at {int},
    CHECK (imported + updated + unchanged + skipped = committed_rows)
) {strict};
CREATE UNIQUE INDEX import_file ON import (campaign_id, book_id, file_hash);
CREATE INDEX import_book ON import (book_id);

-- Rows that did not simply come in, with the reason; no personal data, only the line in the creator's own file.
CREATE TABLE import_row (
    import_id {int} NOT NULL,
    row_no {int} NOT NULL,
    line {int} NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('updated', 'unchanged', 'skipped')),
    reason text NOT NULL,
    PRIMARY KEY (import_id, row_no)
) {strict,clustered};
