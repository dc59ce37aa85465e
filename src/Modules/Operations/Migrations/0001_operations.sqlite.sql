CREATE TABLE operator_action (
    id {id} NOT NULL PRIMARY KEY,
    operator_id {int} NOT NULL,
    action text NOT NULL,
    detail text NOT NULL,
    at {int} NOT NULL
) {strict};
CREATE TRIGGER operator_action_no_update BEFORE UPDATE ON operator_action BEGIN SELECT RAISE(ABORT, 'operator_action is append-only'); END;
CREATE TRIGGER operator_action_no_delete BEFORE DELETE ON operator_action BEGIN SELECT RAISE(ABORT, 'operator_action is append-only'); END;
