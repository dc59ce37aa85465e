-- A person's membership of a campaign: what they chose and where it stands. Money and access follow from it elsewhere.
CREATE TABLE membership (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    person_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    tier_id {int},
    pledge_id {int},
    charge_id {int},
    model text,
    amount_minor {int} NOT NULL CHECK (amount_minor >= 0),
    status text NOT NULL CHECK (status IN ('pending', 'active', 'free', 'declined', 'invited', 'ended')),
    started_at {int} NOT NULL,
    ends_at {int},
    ended_at {int},
    next_tier_id {int},
    next_amount_minor {int},
    next_from {int},
    cap_posts {int},
    cap_minor {int},
    paid_elsewhere_until {int},
    lifetime_elsewhere_minor {int} NOT NULL CHECK (lifetime_elsewhere_minor >= 0),
    source_ref text,
    invited_at {int},
    was_free {bool} NOT NULL,
    version {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX membership_one ON membership (book_id, person_id, campaign_id) WHERE status <> 'ended';
CREATE INDEX membership_person ON membership (person_id, campaign_id);
CREATE INDEX membership_campaign ON membership (campaign_id, book_id, status, id);
CREATE INDEX membership_pledge ON membership (pledge_id) WHERE pledge_id IS NOT NULL;
CREATE INDEX membership_book ON membership (book_id);

-- Who changed what, when: readable by both sides, only added to.
CREATE TABLE membership_event (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    membership_id {int} NOT NULL,
    person_id {int} NOT NULL,
    campaign_id {int} NOT NULL,
    actor_id {int},
    kind text NOT NULL,
    text text NOT NULL,
    at {int} NOT NULL
) {strict};
CREATE INDEX membership_event_person ON membership_event (person_id, campaign_id, at, id);
CREATE INDEX membership_event_book ON membership_event (book_id);

-- Seats of limited tiers. The key makes overselling impossible: a seat number is given once.
CREATE TABLE tier_seat (
    tier_id {int} NOT NULL,
    seat_no {int} NOT NULL CHECK (seat_no > 0),
    book_id {int} NOT NULL,
    membership_id {int} NOT NULL,
    person_id {int} NOT NULL,
    held_until {int},
    PRIMARY KEY (tier_id, seat_no)
) {strict,clustered};
CREATE UNIQUE INDEX tier_seat_membership ON tier_seat (membership_id, tier_id);
CREATE INDEX tier_seat_book ON tier_seat (book_id);

-- People a creator does not want as members.
CREATE TABLE member_block (
    campaign_id {int} NOT NULL,
    person_id {int} NOT NULL,
    book_id {int} NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (campaign_id, person_id)
) {strict,clustered};
