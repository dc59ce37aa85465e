-- What stands for the card's number at its gateway, so that tries can be counted per card and not per method.
ALTER TABLE payment_method ADD COLUMN fingerprint text NOT NULL DEFAULT '';
ALTER TABLE payment_method ADD COLUMN network text NOT NULL DEFAULT '';
UPDATE payment_method SET fingerprint = 'method:' || id;
CREATE INDEX payment_method_fingerprint ON payment_method (fingerprint);

-- Attempts a card did not pay, as the networks count them: narrow, read before each new attempt, and forgotten when no rule looks back so far.
CREATE TABLE card_try (
    fingerprint text NOT NULL,
    charge_id {int} NOT NULL,
    n {int} NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (fingerprint, charge_id, n)
) {strict,clustered};
INSERT INTO card_try (fingerprint, charge_id, n, at)
SELECT m.fingerprint, a.charge_id, a.n, a.at FROM attempt_result r
JOIN attempt a ON a.charge_id = r.charge_id AND a.n = r.n
JOIN payment_method m ON m.id = a.method_id
WHERE r.outcome IN ('declined_soft', 'declined_hard', 'expired');
