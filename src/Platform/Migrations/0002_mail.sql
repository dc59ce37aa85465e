-- Mails of a site without a mail server: kept for the operator's eyes, newest 500. The id is the message's, so a mail delivered twice is kept once.
CREATE TABLE captured_mail (
    id {id} NOT NULL PRIMARY KEY,
    person_id {int} NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    sent_at {int} NOT NULL
) {strict};
CREATE INDEX captured_mail_person ON captured_mail (person_id, id);
