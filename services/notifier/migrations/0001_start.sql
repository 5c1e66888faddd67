-- What every service has: messages to publish after a commit, and roles that one process at a time holds.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    subject text NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_created ON outbox (created_at);

CREATE TABLE lease (
    role text PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

-- People we may answer (guests, without consent) or write to (with consent). The address is encrypted.
CREATE TABLE recipient (
    id uuid PRIMARY KEY,
    channel text NOT NULL,
    lookup bytea NOT NULL,
    address bytea NOT NULL,
    key_id text NOT NULL,
    language text,
    consented_at timestamptz,
    consented_by bigint,
    heard_at timestamptz NOT NULL,
    unreachable_since timestamptz,
    unreachable_reason text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (channel, lookup),
    CHECK (octet_length(lookup) = 32),
    CHECK ((consented_at IS NULL) = (consented_by IS NULL)),
    CHECK ((unreachable_since IS NULL) = (unreachable_reason IS NULL))
);

-- Everything to send; an answer's text is forgotten when it ends, for its buttons may hold secrets. `seq` is the order within a recipient, `revision` the age of what is said where age
-- matters, `unknowns` how many attempts may have arrived without our knowing.
CREATE TABLE delivery (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    channel text,
    recipient_id uuid REFERENCES recipient (id) ON DELETE SET NULL,
    kind text NOT NULL CHECK (kind IN ('notice', 'answer')),
    class smallint NOT NULL CHECK (class BETWEEN 0 AND 2),
    subscription_id uuid,
    revision bigint,
    payload jsonb,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL CHECK (state IN ('pending', 'sending', 'accepted', 'undeliverable', 'superseded',
                                         'expired', 'withdrawn', 'unknown')),
    reason text,
    attempts integer NOT NULL DEFAULT 0,
    unknowns smallint NOT NULL DEFAULT 0 CHECK (unknowns BETWEEN 0 AND 3),
    plain boolean NOT NULL DEFAULT false,
    token bigint,
    message_reference text,
    ended_at timestamptz,
    CHECK ((kind = 'answer') = (class = 0)),
    CHECK (CASE WHEN kind = 'notice' THEN payload IS NOT NULL
                ELSE (payload IS NULL) = (ended_at IS NOT NULL) END),
    CHECK (revision IS NULL OR subscription_id IS NOT NULL),
    CHECK (attempts >= unknowns),
    CHECK ((state IN ('pending', 'sending')) = (ended_at IS NULL)),
    CHECK ((state = 'sending') = (token IS NOT NULL)),
    CHECK (state <> 'sending' OR attempts > unknowns),
    CHECK ((state = 'accepted') = (message_reference IS NOT NULL)),
    CHECK (state <> 'undeliverable' OR reason IS NOT NULL),
    CHECK (state <> 'unknown' OR unknowns > 0),
    CHECK (state NOT IN ('superseded', 'expired') OR unknowns = 0),
    CHECK (ended_at IS NOT NULL OR (recipient_id IS NOT NULL AND channel IS NOT NULL))
);
CREATE INDEX delivery_queue ON delivery (channel, class, seq) WHERE state = 'pending';
CREATE INDEX delivery_line ON delivery (recipient_id, (class <> 0), seq) WHERE state = 'pending';
CREATE UNIQUE INDEX delivery_in_flight ON delivery (recipient_id) WHERE state = 'sending';
CREATE INDEX delivery_expiry ON delivery (channel, expires_at) WHERE state = 'pending';
CREATE INDEX delivery_revision ON delivery (subscription_id, revision) WHERE revision IS NOT NULL;
CREATE INDEX delivery_recipient ON delivery (recipient_id);

-- Each call to a messenger, committed before it is made; `result` is what the messenger said.
CREATE TABLE attempt (
    delivery_id uuid NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    token bigint NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    result text,
    detail text,
    PRIMARY KEY (delivery_id, number),
    CHECK ((finished_at IS NULL) = (result IS NULL))
);

-- What citizens did and we have dealt with: everything up to the offset, and single updates beyond it.
CREATE TABLE channel_offset (
    channel text PRIMARY KEY,
    update_id bigint NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE handled_update (
    channel text NOT NULL,
    update_id bigint NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (channel, update_id)
);
