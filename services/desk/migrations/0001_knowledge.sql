-- The knowledge base as staff made it, with its history; what people asked and nobody could answer; how often.

-- What stands above the agency's own answers. A row stays when its answer is dropped, for versions only grow.
CREATE TABLE answer (
    id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9_]{1,40}$'),
    version integer NOT NULL CHECK (version > 0),
    content json,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);

CREATE TABLE answer_version (
    id text COLLATE "C" NOT NULL REFERENCES answer,
    version integer NOT NULL CHECK (version > 0),
    at timestamptz NOT NULL,
    author text NOT NULL,
    action text NOT NULL CHECK (action IN ('released', 'withdrawn', 'dropped')),
    content json,
    PRIMARY KEY (id, version),
    CONSTRAINT what_was_dropped_has_no_content CHECK ((content IS NULL) = (action = 'dropped'))
);
COMMENT ON TABLE answer_version IS 'append-only: the history of the knowledge base';

-- Questions without an answer, without numbers, each once in a language.
CREATE TABLE miss (
    language text COLLATE "C" NOT NULL,
    words text COLLATE "C" NOT NULL CHECK (length(words) BETWEEN 1 AND 200),
    count bigint NOT NULL CHECK (count > 0),
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    PRIMARY KEY (language, words)
);
CREATE INDEX miss_last_seen ON miss (last_seen);

-- What was counted already: a message that comes again counts once.
CREATE TABLE question_seen (
    question_id uuid PRIMARY KEY,
    at timestamptz NOT NULL
);
CREATE INDEX question_seen_at ON question_seen (at);

-- How questions fared, by day of the agency's calendar; topic and answer are empty where nothing was found.
CREATE TABLE question_count (
    day date NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('understood', 'near', 'missed', 'confirmed', 'denied')),
    language text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    answer text COLLATE "C" NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, kind, language, topic, answer)
);

CREATE TABLE lease (
    role text PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    subject text NOT NULL,
    payload bytea NOT NULL,
    trace text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_oldest ON outbox (created_at);

CREATE TABLE audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    detail text NOT NULL
);
COMMENT ON TABLE audit IS 'append-only: who did what';

-- Only added to: not even the service's own role changes what was written.
CREATE FUNCTION is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION is_only_added_to();
CREATE TRIGGER history_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_version
FOR EACH STATEMENT EXECUTE FUNCTION is_only_added_to();
