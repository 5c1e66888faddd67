-- Conversations between citizens and the agency's people. Texts are sealed; no address, name or number is here.

-- Those whose conversations there are, locked before the conversations: who was forgotten, and who is who.
CREATE TABLE citizen (
    recipient_id uuid PRIMARY KEY,
    moved_to uuid,
    forgotten boolean NOT NULL DEFAULT false,
    seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN citizen.moved_to IS 'two recipients are one person: the one under which they go on';
CREATE INDEX citizen_seen_at ON citizen (seen_at);

-- A row begins with whatever is heard of first; before its opening is heard (opened_at) nobody sees it.
CREATE TABLE conversation (
    conversation_id uuid PRIMARY KEY,
    recipient_id uuid,
    subscription_id uuid,
    opened_at timestamptz,
    language text COLLATE "C" NOT NULL DEFAULT '',
    channel text COLLATE "C" NOT NULL DEFAULT '',
    document text COLLATE "C",
    stage text COLLATE "C",
    office text COLLATE "C",
    actionable boolean NOT NULL DEFAULT false,
    overdue boolean NOT NULL DEFAULT false,
    reason text COLLATE "C" NOT NULL DEFAULT 'asked' CHECK (reason IN ('asked', 'missed', 'complaint')),
    topics text[] COLLATE "C" NOT NULL DEFAULT '{}',
    urgent boolean NOT NULL DEFAULT false,
    -- The citizen's side: how many utterances were heard, the highest number of them, when they ended it.
    heard integer NOT NULL DEFAULT 0,
    said integer NOT NULL DEFAULT 0,
    withdrawn integer NOT NULL DEFAULT 0,
    -- What nobody answered yet: since when, and until when an answer is promised.
    asks_since timestamptz,
    due timestamptz,
    -- The desk's side: the number of its last message, how many of them were answers.
    replies integer NOT NULL DEFAULT 0,
    answers integer NOT NULL DEFAULT 0,
    answered_at timestamptz,
    staff_group text NOT NULL DEFAULT '',
    -- The lease; by the database's clock.
    held_by uuid,
    holder text,
    held_since timestamptz,
    held_until timestamptz,
    returned integer NOT NULL DEFAULT 0,
    -- What was told of the wait.
    told_at timestamptz,
    told_first timestamptz,
    told_last timestamptz,
    closed_at timestamptz,
    closed_why text CHECK (closed_why IN ('answered', 'silent', 'withdrawn')),
    forgotten boolean NOT NULL DEFAULT false,
    content boolean,
    content_counted boolean NOT NULL DEFAULT false,
    rated_at timestamptz,
    word_id uuid,
    word_key text,
    word_box bytea,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT what_asks_has_a_promise CHECK ((asks_since IS NULL) = (due IS NULL)),
    CONSTRAINT what_is_over_asks_nothing CHECK (closed_at IS NULL OR asks_since IS NULL),
    CONSTRAINT what_is_over_is_over_for_a_reason CHECK ((closed_at IS NULL) = (closed_why IS NULL)),
    CONSTRAINT a_holder_has_a_lease CHECK ((held_by IS NULL) = (held_until IS NULL))
);
CREATE INDEX conversation_queue ON conversation ((NOT urgent), asks_since, conversation_id)
WHERE asks_since IS NOT NULL AND opened_at IS NOT NULL;
CREATE INDEX conversation_open ON conversation (conversation_id) WHERE closed_at IS NULL;
CREATE INDEX conversation_held ON conversation (held_by) WHERE held_by IS NOT NULL;
CREATE INDEX conversation_silent ON conversation (answered_at) WHERE closed_at IS NULL AND asks_since IS NULL;
CREATE INDEX conversation_of ON conversation (recipient_id) WHERE recipient_id IS NOT NULL;
CREATE INDEX conversation_closed ON conversation (closed_at) WHERE closed_at IS NOT NULL;

-- What was said, by either side; `arrival` counts the citizen's as they came, a draft's id is an answer's.
CREATE TABLE utterance (
    utterance_id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversation ON DELETE CASCADE,
    by_staff boolean NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    arrival integer,
    at timestamptz NOT NULL,
    key text NOT NULL,
    box bytea NOT NULL,
    staff_id uuid,
    author text NOT NULL DEFAULT '',
    public_name text NOT NULL DEFAULT '',
    -- Of an answer: how long its writer took, and until when what it answered was to be answered.
    took interval,
    due timestamptz,
    ended text COLLATE "C",
    CONSTRAINT one_number_is_said_once UNIQUE (conversation_id, by_staff, number),
    CONSTRAINT staff_have_an_id CHECK (by_staff = (staff_id IS NOT NULL))
);
CREATE INDEX utterance_answers ON utterance (at) WHERE by_staff;
CREATE INDEX utterance_at ON utterance (at, utterance_id);

-- What staff tell each other: nothing that is sent reads this table.
CREATE TABLE note (
    note_id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversation ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    staff_id uuid NOT NULL,
    author text NOT NULL,
    key text NOT NULL,
    box bytea NOT NULL
);
CREATE INDEX note_conversation ON note (conversation_id, at);

-- The inbox: a message that comes again changes nothing.
CREATE TABLE talk_seen (
    talk_id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX talk_seen_at ON talk_seen (at);

-- Which of the staff are there.
CREATE TABLE presence (
    staff_id uuid PRIMARY KEY,
    name text NOT NULL,
    staff_group text NOT NULL,
    languages text[] COLLATE "C" NOT NULL,
    seen_at timestamptz NOT NULL
);

-- How content people were, by day of the agency's calendar; it outlives the conversations and names nobody.
CREATE TABLE rating_count (
    day date NOT NULL,
    topic text COLLATE "C" NOT NULL,
    language text COLLATE "C" NOT NULL,
    staff_group text NOT NULL,
    content bigint NOT NULL CHECK (content >= 0),
    rated bigint NOT NULL CHECK (rated >= content),
    PRIMARY KEY (day, topic, language, staff_group)
);

-- Live pages are told of every change that they show; that a lease goes on is none.
CREATE FUNCTION tell_of_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.opened_at, NEW.urgent, NEW.topics, NEW.heard, NEW.asks_since, NEW.answers,
            NEW.held_by, NEW.held_since, NEW.closed_at, NEW.content, NEW.forgotten, NEW.changed_at)
        IS NOT DISTINCT FROM (OLD.opened_at, OLD.urgent, OLD.topics, OLD.heard, OLD.asks_since, OLD.answers,
            OLD.held_by, OLD.held_since, OLD.closed_at, OLD.content, OLD.forgotten, OLD.changed_at)
    THEN
        RETURN NULL;
    END IF;
    IF NEW.opened_at IS NOT NULL THEN
        PERFORM pg_notify('docwatch_desk_conversations', NEW.conversation_id::text);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER conversation_is_told AFTER INSERT OR UPDATE ON conversation
FOR EACH ROW EXECUTE FUNCTION tell_of_conversation();
