-- People to call by phone: opaque references and codes of the catalogue; no number, no name, no address.
CREATE TABLE call (
    call_id uuid PRIMARY KEY,
    number bigint NOT NULL CHECK (number > 0),
    publisher text COLLATE "C" NOT NULL,
    event_id text NOT NULL,
    receipt_id text,
    document_type text NOT NULL,
    stage text NOT NULL,
    office text,
    language text,
    missed_as text NOT NULL,
    missed_why text,
    missed_at timestamptz NOT NULL,
    actionable boolean NOT NULL,
    listed_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    unanswered integer NOT NULL DEFAULT 0 CHECK (unanswered >= 0),
    due_at timestamptz NOT NULL,
    promised boolean NOT NULL DEFAULT false,
    held_by uuid,
    held_number bigint,
    held_until timestamptz,
    lease_id uuid,
    ended_at timestamptz,
    ended_as text,
    CONSTRAINT an_end_has_its_reason CHECK ((ended_at IS NULL) = (ended_as IS NULL)),
    CONSTRAINT a_hold_is_whole CHECK (num_nulls(held_by, held_number, held_until, lease_id) IN (0, 4)),
    CONSTRAINT unanswered_are_tries CHECK (unanswered <= tries)
);
COMMENT ON TABLE call IS 'who is to be called, and who holds the call now; the number stands in the back office alone';
-- Promised times first, then where people have something to do, then who has waited longest.
CREATE INDEX call_open ON call (promised DESC, actionable DESC, missed_at, call_id) WHERE ended_at IS NULL;
CREATE INDEX call_looked_at ON call (looked_at) WHERE ended_at IS NULL;
CREATE INDEX call_ended_at ON call (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX call_of_holder ON call (held_by) WHERE held_by IS NOT NULL;

-- Each call that was made, under the id of its lease, so that a form that is posted twice counts once.
CREATE TABLE call_try (
    try_id uuid PRIMARY KEY,
    call_id uuid NOT NULL REFERENCES call ON DELETE CASCADE,
    number bigint NOT NULL,
    staff_id uuid NOT NULL,
    result text NOT NULL CHECK (result IN ('reached', 'no_answer', 'wrong_number', 'later', 'wants')),
    wants text,
    again_at timestamptz,
    at timestamptz NOT NULL,
    CONSTRAINT a_wish_is_named CHECK ((wants IS NOT NULL) = (result = 'wants'))
);
CREATE INDEX call_try_of_call ON call_try (call_id, at);

-- How far the tracker's list has been read.
CREATE TABLE call_list (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    number bigint NOT NULL CHECK (number >= 0),
    read_at timestamptz
);
INSERT INTO call_list (number) VALUES (0);
