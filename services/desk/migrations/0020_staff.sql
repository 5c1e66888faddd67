-- Staff of the desk: who they are and what they may do, how they sign in, their sessions, what they did.

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    login text COLLATE "C" NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._@+-]{0,99}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    public_name text NOT NULL CHECK (length(public_name) <= 60),
    roles text[] NOT NULL CONSTRAINT roles_are_known CHECK (
        cardinality(roles) > 0 AND roles <@ ARRAY['operator', 'editor', 'supervisor', 'caller', 'clerk']
    ),
    languages text[] NOT NULL,
    topics text[] NOT NULL,
    offices text[] NOT NULL,
    reads text COLLATE "C" CHECK (length(reads) <= 20),
    by_directory boolean NOT NULL,
    issuer text,
    subject text,
    password text CHECK (length(password) <= 200),
    factor bytea,
    factor_key_id text,
    factor_step bigint NOT NULL DEFAULT 0,
    invitation bytea UNIQUE CHECK (octet_length(invitation) = 32),
    invited_until timestamptz,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT directory_knows_them_once UNIQUE (issuer, subject),
    CONSTRAINT subjects_have_an_issuer CHECK ((issuer IS NULL) = (subject IS NULL)),
    CONSTRAINT secrets_are_of_local_accounts CHECK (
        NOT by_directory OR (password IS NULL AND factor IS NULL AND invitation IS NULL)
    ),
    CONSTRAINT local_accounts_are_of_no_directory CHECK (by_directory OR subject IS NULL),
    CONSTRAINT factors_are_sealed CHECK ((factor IS NULL) = (factor_key_id IS NULL)),
    CONSTRAINT invitations_end CHECK ((invitation IS NULL) = (invited_until IS NULL)),
    CONSTRAINT who_left_has_no_secrets CHECK (
        ended_at IS NULL OR (password IS NULL AND factor IS NULL AND invitation IS NULL)
    )
);
COMMENT ON COLUMN staff.invitation IS 'digest of the code for the first sign-in';
COMMENT ON COLUMN staff.reads IS 'the language of their pages; NULL: as the browser prefers';
COMMENT ON COLUMN staff.factor_step IS 'the last step of time whose code was used: no code works twice';

-- The digest of a cookie; a session that is not open yet leads to the next step of the sign-in alone.
CREATE TABLE staff_session (
    id uuid PRIMARY KEY,
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    staff_id uuid NOT NULL REFERENCES staff,
    stage text COLLATE "C" NOT NULL CHECK (stage IN ('first', 'enrol', 'factor', 'open')),
    begun_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    secret bytea,
    secret_key_id text,
    CONSTRAINT secrets_are_sealed CHECK ((secret IS NULL) = (secret_key_id IS NULL)),
    CONSTRAINT only_enrolment_has_a_secret CHECK (secret IS NULL OR stage = 'enrol')
);
CREATE INDEX staff_session_staff ON staff_session (staff_id);
CREATE INDEX staff_session_ends ON staff_session (ends_at);
COMMENT ON COLUMN staff_session.secret IS 'the second factor that is being set up';

-- Browsers from which somebody signed in before: their slips are counted apart from everybody else's.
CREATE TABLE staff_device (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    staff_id uuid NOT NULL REFERENCES staff,
    used_at timestamptz NOT NULL
);
CREATE INDEX staff_device_staff ON staff_device (staff_id);
CREATE INDEX staff_device_used ON staff_device (used_at);

-- Attempts that were not right, in a window of time; the key is a digest of who or where.
CREATE TABLE staff_attempts (
    key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    since timestamptz NOT NULL,
    count integer NOT NULL CHECK (count >= 0)
);
CREATE INDEX staff_attempts_since ON staff_attempts (since);

CREATE TABLE staff_audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    staff_id uuid NOT NULL REFERENCES staff,
    what text NOT NULL CHECK (length(what) BETWEEN 1 AND 60),
    about uuid
);
CREATE INDEX staff_audit_staff ON staff_audit (staff_id, number);
CREATE INDEX staff_audit_about ON staff_audit (about, number) WHERE about IS NOT NULL;
COMMENT ON TABLE staff_audit IS 'append-only: what staff did and looked at';

CREATE TRIGGER staff_audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_audit
FOR EACH STATEMENT EXECUTE FUNCTION is_only_added_to();
