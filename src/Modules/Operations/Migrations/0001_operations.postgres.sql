CREATE TABLE operator_action (
    id {id} NOT NULL PRIMARY KEY,
    operator_id {int} NOT NULL,
    action text NOT NULL,
    detail text NOT NULL,
    at {int} NOT NULL
);
CREATE FUNCTION operations_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER operator_action_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_action
    FOR EACH STATEMENT EXECUTE FUNCTION operations_append_only();
