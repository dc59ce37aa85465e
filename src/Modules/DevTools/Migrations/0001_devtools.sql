-- Moves of a sandbox's clock: one at a time per book, watched while they run, kept with what they brought.
-- beat_at: the wall clock when whoever moves it was last heard of. Instants from_at, to_at and at are in the book's clock.
CREATE TABLE sandbox_move (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    person_id {int},
    from_at {int} NOT NULL,
    to_at {int} NOT NULL,
    at {int} NOT NULL,
    stops {int} NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    note text,
    before_json text NOT NULL,
    summary_json text,
    started_at {int} NOT NULL,
    beat_at {int} NOT NULL,
    ended_at {int},
    CHECK ((state = 'running') = (ended_at IS NULL))
) {strict};
CREATE UNIQUE INDEX sandbox_move_running ON sandbox_move (book_id) WHERE state = 'running';
CREATE INDEX sandbox_move_book ON sandbox_move (book_id, id);
