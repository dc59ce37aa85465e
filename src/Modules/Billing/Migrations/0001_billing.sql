-- Who can be charged: a gateway's token per person and book, never a number.
CREATE TABLE payment_method (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    person_id {int} NOT NULL,
    gateway text NOT NULL,
    customer_ref text NOT NULL,
    method_ref text NOT NULL,
    label text NOT NULL,
    is_default {bool} NOT NULL,
    created_at {int} NOT NULL,
    removed_at {int}
) {strict};
CREATE UNIQUE INDEX payment_method_default ON payment_method (book_id, person_id) WHERE is_default = {true};

-- A pledge is an identity; what it says is in its versions.
CREATE TABLE pledge (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    patron_id {int} NOT NULL,
    payee_id {int} NOT NULL,
    model text NOT NULL CHECK (model IN ('per_creation', 'monthly_anniversary', 'monthly_upfront', 'monthly_arrears')),
    zone_id text NOT NULL,
    anchor_month {int} NOT NULL,
    anchor_day {int} NOT NULL CHECK (anchor_day BETWEEN 1 AND 31),
    started_at {int} NOT NULL,
    started_on text NOT NULL,
    started_no {int} NOT NULL,
    ended_at {int},
    ended_no {int},
    CHECK ((ended_at IS NULL) = (ended_no IS NULL))
) {strict};
CREATE UNIQUE INDEX pledge_active ON pledge (book_id, patron_id, payee_id) WHERE ended_at IS NULL;
CREATE INDEX pledge_due ON pledge (book_id, zone_id, anchor_day, patron_id, id);
CREATE INDEX pledge_payee ON pledge (book_id, payee_id, id);
CREATE INDEX pledge_patron ON pledge (patron_id, book_id);

CREATE TABLE pledge_version (
    no {serial},
    pledge_id {int} NOT NULL,
    seq {int} NOT NULL CHECK (seq > 0),
    at {int} NOT NULL,
    applies_from {int} NOT NULL,
    amount_minor {int} NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    cap_posts {int} CHECK (cap_posts >= 0),
    cap_minor {int} CHECK (cap_minor >= 0),
    description text NOT NULL,
    UNIQUE (pledge_id, seq)
) {strict};

-- Paid posts and what each pledge owes for them. Pending ones wait in their own narrow table.
CREATE TABLE paid_post (
    post_id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    payee_id {int} NOT NULL,
    title text NOT NULL,
    published_at {int} NOT NULL,
    undo_until {int} NOT NULL
) {strict};
CREATE INDEX paid_post_payee ON paid_post (book_id, payee_id, published_at);

CREATE TABLE paid_post_done (
    post_id {id} NOT NULL PRIMARY KEY,
    at {int} NOT NULL
) {strict};

CREATE TABLE paid_post_undone (
    post_id {id} NOT NULL PRIMARY KEY,
    at {int} NOT NULL
) {strict};

CREATE TABLE accrual (
    pledge_id {int} NOT NULL,
    post_id {int} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('due', 'capped', 'declined')),
    amount_minor {int} NOT NULL CHECK (amount_minor >= 0),
    currency text NOT NULL,
    published_at {int} NOT NULL,
    PRIMARY KEY (pledge_id, post_id)
) {strict,clustered};
CREATE INDEX accrual_post ON accrual (post_id);

CREATE TABLE pending_accrual (
    pledge_id {int} NOT NULL,
    post_id {int} NOT NULL,
    PRIMARY KEY (pledge_id, post_id)
) {strict,clustered};
CREATE INDEX pending_accrual_post ON pending_accrual (post_id);

-- The run: one per book, zone and billing day, every day, so that a missing one shows.
CREATE TABLE billing_run (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    zone_id text NOT NULL,
    bill_on text NOT NULL,
    state text NOT NULL CHECK (state IN ('planning', 'review', 'collecting', 'closed')),
    cutoff_at {int} NOT NULL,
    cutoff_no {int} NOT NULL,
    platform_fee_bp {int} NOT NULL,
    opened_at {int} NOT NULL,
    planned_at {int},
    closed_at {int},
    note text,
    UNIQUE (book_id, zone_id, bill_on)
) {strict};

CREATE TABLE run_part (
    run_id {int} NOT NULL,
    part {int} NOT NULL,
    lo {int} NOT NULL,
    hi {int} NOT NULL,
    phase {int} NOT NULL,
    PRIMARY KEY (run_id, part)
) {strict,clustered};

-- What a part found due and where it went, as counted while planning; checked against the rows at close.
CREATE TABLE run_total (
    run_id {int} NOT NULL,
    part {int} NOT NULL,
    currency text NOT NULL,
    due_lines {int} NOT NULL,
    due_minor {int} NOT NULL,
    PRIMARY KEY (run_id, part, currency)
) {strict,clustered};

-- Obligations. Immutable; one per pledge and period for ever.
CREATE TABLE bill_line (
    pledge_id {int} NOT NULL,
    period_key text NOT NULL,
    book_id {int} NOT NULL,
    run_id {int},
    charge_id {int},
    patron_id {int} NOT NULL,
    payee_id {int} NOT NULL,
    amount_minor {int} NOT NULL CHECK (amount_minor >= 0),
    tax_minor {int} NOT NULL CHECK (tax_minor >= 0),
    platform_fee_minor {int} NOT NULL CHECK (platform_fee_minor >= 0),
    currency text NOT NULL,
    covers_from {int},
    covers_until {int},
    description text NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (pledge_id, period_key)
) {strict,clustered};
CREATE INDEX bill_line_charge ON bill_line (charge_id);
CREATE INDEX bill_line_payee ON bill_line (book_id, payee_id, created_at);
CREATE INDEX bill_line_run ON bill_line (run_id) WHERE run_id IS NOT NULL;

-- A line too small to charge alone waits and joins a later charge; a line that will never be charged is voided. Both are facts beside it.
CREATE TABLE bill_line_rolled (
    pledge_id {int} NOT NULL,
    period_key text NOT NULL,
    charge_id {int} NOT NULL,
    PRIMARY KEY (pledge_id, period_key)
) {strict,clustered};
CREATE INDEX bill_line_rolled_charge ON bill_line_rolled (charge_id);

CREATE TABLE bill_line_void (
    pledge_id {int} NOT NULL,
    period_key text NOT NULL,
    at {int} NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (pledge_id, period_key)
) {strict,clustered};

CREATE TABLE deferred_line (
    pledge_id {int} NOT NULL,
    period_key text NOT NULL,
    patron_id {int} NOT NULL,
    PRIMARY KEY (pledge_id, period_key)
) {strict,clustered};
CREATE INDEX deferred_line_patron ON deferred_line (patron_id);

-- Due at a run but put on no charge: waived (reason) or parked (error). Deferred lines are bill lines without a charge.
CREATE TABLE run_skip (
    run_id {int} NOT NULL,
    pledge_id {int} NOT NULL,
    period_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('waived', 'parked')),
    patron_id {int} NOT NULL,
    amount_minor {int} NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (run_id, pledge_id, period_key)
) {strict,clustered};

-- Collection.
CREATE TABLE charge (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    run_id {int},
    scope_id {int} NOT NULL,
    patron_id {int} NOT NULL,
    currency text NOT NULL,
    split {int} NOT NULL,
    gross_minor {int} NOT NULL CHECK (gross_minor > 0),
    kind text NOT NULL CHECK (kind IN ('run', 'join', 'upgrade', 'leave')),
    zone_id text NOT NULL,
    created_at {int} NOT NULL,
    UNIQUE (scope_id, patron_id, currency, split)
) {strict};
CREATE INDEX charge_patron ON charge (patron_id, book_id, id);
CREATE INDEX charge_run ON charge (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE gateway_intent (
    charge_id {id} NOT NULL PRIMARY KEY,
    gateway text NOT NULL,
    intent_id text NOT NULL,
    UNIQUE (gateway, intent_id)
) {strict};

CREATE TABLE attempt (
    charge_id {int} NOT NULL,
    n {int} NOT NULL CHECK (n > 0),
    idem_key text NOT NULL UNIQUE,
    method_id {int} NOT NULL,
    request {bytes} NOT NULL,
    at {int} NOT NULL,
    sent_at {int} NOT NULL,
    PRIMARY KEY (charge_id, n)
) {strict,clustered};

CREATE TABLE attempt_result (
    charge_id {int} NOT NULL,
    n {int} NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('succeeded', 'declined_soft', 'declined_hard', 'refused', 'not_found', 'expired')),
    code text,
    gateway_ref text,
    captured_minor {int} NOT NULL,
    fee_minor {int} NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (charge_id, n)
) {strict,clustered};
CREATE UNIQUE INDEX attempt_result_success ON attempt_result (charge_id) WHERE outcome = 'succeeded';

-- Open charges and what they wait for. A row exists while a charge is neither paid nor closed.
CREATE TABLE due_work (
    charge_id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    run_id {int},
    kind text NOT NULL CHECK (kind IN ('collect', 'check', 'retry', 'needs_method', 'action', 'quarantine')),
    due_at {int} NOT NULL,
    lease_until {int} NOT NULL,
    lease_token {int} NOT NULL,
    tries {int} NOT NULL,
    action_url text,
    reason text
) {strict};
CREATE INDEX due_work_due ON due_work (book_id, due_at);
CREATE INDEX due_work_run ON due_work (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE charge_closed (
    charge_id {id} NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('written_off', 'voided')),
    at {int} NOT NULL,
    reason text NOT NULL
) {strict};
