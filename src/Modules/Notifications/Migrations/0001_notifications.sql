-- What people are told in the app. Whoever was told of a thing is not told again: the key of its kind and subject is unique per person.
CREATE TABLE notification (
    id {id} NOT NULL PRIMARY KEY,
    book_id {int} NOT NULL,
    person_id {int} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('new_post', 'reply', 'comment')),
    subject_id {int} NOT NULL,
    actor_id {int},
    title text NOT NULL,
    path text NOT NULL,
    created_at {int} NOT NULL,
    read_at {int}
) {strict};
CREATE UNIQUE INDEX notification_once ON notification (person_id, kind, subject_id);
CREATE INDEX notification_list ON notification (person_id, created_at, id);
CREATE INDEX notification_unread ON notification (person_id) WHERE read_at IS NULL;
CREATE INDEX notification_subject ON notification (kind, subject_id);
