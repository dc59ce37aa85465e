-- Where a person stopped in a recording. at_ms equal to length_ms: heard to its end.
CREATE TABLE play_position (
    person_id {int} NOT NULL,
    file_id {int} NOT NULL,
    at_ms {int} NOT NULL CHECK (at_ms >= 0),
    length_ms {int},
    changed_at {int} NOT NULL,
    PRIMARY KEY (person_id, file_id)
) {strict,clustered};
CREATE INDEX play_position_recent ON play_position (person_id, changed_at, file_id);
CREATE INDEX play_position_file ON play_position (file_id);
