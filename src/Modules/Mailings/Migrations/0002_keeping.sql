-- The turn by which a mail left: an answer that comes late settles that mail, and none a later turn has under way.
ALTER TABLE mailing_recipient ADD COLUMN turn_token {int} NOT NULL DEFAULT 0;

-- Of a mailing done long ago only the numbers are kept: these are of the rows that are gone. Once pruned it takes nobody in any more.
ALTER TABLE mailing ADD COLUMN pruned_at {int};
ALTER TABLE mailing ADD COLUMN pruned_sent {int} NOT NULL DEFAULT 0;
ALTER TABLE mailing ADD COLUMN pruned_refused {int} NOT NULL DEFAULT 0;
ALTER TABLE mailing ADD COLUMN pruned_left_out {int} NOT NULL DEFAULT 0;
