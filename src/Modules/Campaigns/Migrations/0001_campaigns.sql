-- Creator pages. book_id: the books its people and money live in now; sandbox_book_id: its own sandbox, kept so that one can go back.
CREATE TABLE campaign (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    sandbox_book_id {int},
    owner_id {int} NOT NULL,
    vanity text NOT NULL CHECK (length(vanity) BETWEEN 3 AND 40),
    name text NOT NULL,
    summary text NOT NULL,
    about text NOT NULL,
    currency_code text NOT NULL CHECK (length(currency_code) = 3),
    zone_id text NOT NULL,
    model text NOT NULL CHECK (model IN ('per_creation', 'monthly_anniversary', 'monthly_upfront', 'monthly_arrears')),
    bill_day {int} NOT NULL CHECK (bill_day BETWEEN 1 AND 31),
    accent text CHECK (accent IS NULL OR length(accent) = 6),
    banner_file text,
    is_published {bool} NOT NULL,
    created_at {int} NOT NULL,
    version {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX campaign_vanity ON campaign (vanity);
CREATE INDEX campaign_owner ON campaign (owner_id, id);

-- Levels of support. price_version points at the present row of tier_price. benefits: one per line, in order.
CREATE TABLE tier (
    id {id} NOT NULL PRIMARY KEY,
    campaign_id {int} NOT NULL REFERENCES campaign (id),
    name text NOT NULL,
    description text NOT NULL,
    benefits text NOT NULL,
    price_version {int} NOT NULL CHECK (price_version >= 1),
    seat_limit {int} CHECK (seat_limit IS NULL OR seat_limit > 0),
    position {int} NOT NULL,
    is_retired {bool} NOT NULL,
    created_at {int} NOT NULL,
    version {int} NOT NULL
) {strict};
CREATE INDEX tier_campaign ON tier (campaign_id, position);

-- Every price a tier ever had, never changed: members keep the one they joined at.
CREATE TABLE tier_price (
    tier_id {int} NOT NULL REFERENCES tier (id),
    seq {int} NOT NULL CHECK (seq >= 1),
    price_minor {int} NOT NULL CHECK (price_minor > 0),
    valid_from {int} NOT NULL,
    PRIMARY KEY (tier_id, seq)
) {strict,clustered};
