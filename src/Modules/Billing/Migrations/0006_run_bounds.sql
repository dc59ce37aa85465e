-- What a run bills by the calendar, per campaign and anchor day: what the run a month later is held against.
CREATE TABLE run_sum (
    run_id {int} NOT NULL,
    payee_id {int} NOT NULL,
    currency text NOT NULL,
    anchor_day {int} NOT NULL,
    lines {int} NOT NULL,
    minor {int} NOT NULL,
    PRIMARY KEY (run_id, payee_id, currency, anchor_day)
) {strict,clustered};

-- What a part of a run found out of the ordinary: a charge far above its patron's usual (ref: patron), a pledge with very many lines (ref: pledge).
CREATE TABLE run_doubt (
    run_id {int} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('amount', 'lines')),
    ref_id {int} NOT NULL,
    currency text NOT NULL,
    payee_id {int},
    found {int} NOT NULL,
    usual {int} NOT NULL,
    PRIMARY KEY (run_id, kind, ref_id, currency)
) {strict,clustered};
