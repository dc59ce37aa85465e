-- Why somebody is sent a post: it is new, or a later step of its release opened it to them.
ALTER TABLE mailing_recipient ADD COLUMN kind text NOT NULL DEFAULT 'new' CHECK (kind IN ('new', 'opened'));

-- Who does not want mails of a kind, from nobody. No row: they do.
CREATE TABLE mail_kind_off (
    person_id {int} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('new', 'opened')),
    since {int} NOT NULL,
    PRIMARY KEY (person_id, kind)
) {strict,clustered};
