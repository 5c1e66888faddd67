-- When an outcome was copied: what is older than the agency keeps is purged.
ALTER TABLE outcome ADD COLUMN stored_at timestamptz NOT NULL DEFAULT now();

-- The last outcome of each publisher that is gone: a reader who comes from before it has missed something.
CREATE TABLE outcome_purged (
    publisher text PRIMARY KEY,
    epoch integer NOT NULL,
    sequence bigint NOT NULL
);

-- Where a publisher wants its outcomes posted, how far they were, and the message that is on its way.
CREATE TABLE callback (
    publisher text PRIMARY KEY,
    url text NOT NULL CHECK (url ~ '^https?://' AND length(url) <= 2000),
    salt bytea NOT NULL CHECK (octet_length(salt) = 16),
    earlier_salt bytea CHECK (octet_length(earlier_salt) = 16),
    earlier_until timestamptz,
    state text NOT NULL CHECK (state IN ('active', 'paused', 'disabled')),
    reason text CHECK (reason IN ('gone', 'exhausted', 'purged', 'operator')),
    since timestamptz NOT NULL,
    epoch integer NOT NULL CHECK (epoch >= 0),
    sequence bigint NOT NULL CHECK (sequence >= 0),
    message_id uuid,
    until_epoch integer,
    until_sequence bigint,
    opened_at timestamptz,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    trying_since timestamptz,
    due_at timestamptz NOT NULL,
    last_at timestamptz,
    last_result text CHECK (last_result IN ('delivered', 'gone', 'status', 'time-out', 'unreachable', 'forbidden')),
    last_status integer,
    CONSTRAINT an_earlier_secret_ends CHECK ((earlier_salt IS NULL) = (earlier_until IS NULL)),
    CONSTRAINT who_rests_has_a_reason CHECK ((state = 'active') = (reason IS NULL)),
    CONSTRAINT a_message_is_whole CHECK (num_nulls(message_id, until_epoch, until_sequence, opened_at) IN (0, 4)),
    CONSTRAINT a_message_leads_on CHECK ((until_epoch, until_sequence) > (epoch, sequence)),
    CONSTRAINT only_messages_are_attempted CHECK (message_id IS NOT NULL OR attempts = 0),
    CONSTRAINT attempts_began_once CHECK ((attempts = 0) = (trying_since IS NULL)),
    CONSTRAINT a_result_has_its_time CHECK ((last_at IS NULL) = (last_result IS NULL))
);

COMMENT ON TABLE callback IS 'where outcomes are posted; the secrets are derived from the salts and stand nowhere';

-- When a key was last looked up, to the minute.
ALTER TABLE api_key ADD COLUMN last_used_at timestamptz;
