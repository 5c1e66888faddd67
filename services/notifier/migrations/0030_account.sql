-- The accounts of messengers. What operators hold back: while it is, only answers to citizens go out. What the
-- owner saw last: when the messenger took something, and since when and why nothing goes out.
CREATE TABLE account (
    name text PRIMARY KEY,
    paused_at timestamptz,
    paused_by text,
    paused_why text,
    accepted_at timestamptz,
    down_since timestamptz,
    down_reason text,
    CHECK (num_nonnulls(paused_at, paused_by, paused_why) IN (0, 3)),
    CHECK ((down_since IS NULL) = (down_reason IS NULL))
);

-- Who did what, without personal data; it is only added to.
CREATE TABLE audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    detail text NOT NULL
);
CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
-- Provisioning leaves the service's role nothing but reading and adding.
COMMENT ON TABLE audit IS 'append-only: who did what, without personal data';
