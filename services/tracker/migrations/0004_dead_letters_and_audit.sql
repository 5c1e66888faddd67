-- What operators did about messages set aside, and an account of what operators did at all.

ALTER TABLE set_aside ADD COLUMN settled_at timestamptz;
ALTER TABLE set_aside ADD COLUMN settled_by text CHECK (settled_by IN ('replayed', 'dropped'));
ALTER TABLE set_aside ADD CONSTRAINT settled_by_something CHECK ((settled_at IS NULL) = (settled_by IS NULL));
ALTER TABLE set_aside ADD CONSTRAINT nobody_settles_a_duplicate CHECK (settled_at IS NULL OR effect <> 'duplicate');
ALTER TABLE set_aside DROP CONSTRAINT only_a_duplicate_is_not_kept;
ALTER TABLE set_aside ADD CONSTRAINT only_a_duplicate_is_not_kept CHECK (
    (payload IS NULL) = (effect = 'duplicate' OR settled_by IS NOT DISTINCT FROM 'dropped')
);
CREATE INDEX set_aside_open ON set_aside (at, id) WHERE settled_at IS NULL AND effect <> 'duplicate';

CREATE TABLE audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    detail text NOT NULL
);

-- Only added to: not even the service's own role changes what was written.
CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
