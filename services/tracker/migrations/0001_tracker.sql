-- Applications and their history, who follows them by which right, and the ledger of notices.

CREATE TABLE application (
    application_key text COLLATE "C" PRIMARY KEY CHECK (application_key ~ '^[0-9a-f]{64}$'),
    document_type text NOT NULL,
    masked text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revision bigint NOT NULL DEFAULT 0 CHECK (revision >= 0),
    cycle integer NOT NULL DEFAULT 0 CHECK (cycle >= 0),
    stage text,
    rank integer,
    detour boolean,
    office text,
    missing text[] NOT NULL DEFAULT '{}',
    note text,
    expected_at date,
    occurred_at timestamptz,
    head_publisher text,
    head_event_id text,
    last_occurred_at timestamptz,
    last_sequence bigint,
    last_rank integer,
    last_publisher text,
    last_event_id text,
    CONSTRAINT a_state_is_whole CHECK (
        num_nonnulls(
            stage, rank, detour, occurred_at, head_publisher, head_event_id,
            last_occurred_at, last_rank, last_publisher, last_event_id
        ) = CASE WHEN revision = 0 THEN 0 ELSE 10 END
    ),
    CONSTRAINT no_state_has_no_details CHECK (
        revision > 0
        OR (cycle = 0 AND missing = '{}' AND num_nonnulls(office, note, expected_at, last_sequence) = 0)
    )
);

-- Inbox and history in one row: an identity taken in once is never taken in again.
CREATE TABLE event (
    publisher text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    application_key text COLLATE "C" NOT NULL REFERENCES application,
    document_type text NOT NULL,
    stage text NOT NULL,
    rank integer NOT NULL,
    detour boolean NOT NULL,
    office text,
    occurred_at timestamptz NOT NULL,
    sequence bigint,
    expected_at date,
    missing text[] NOT NULL,
    note text,
    correction boolean NOT NULL,
    restart boolean NOT NULL,
    notify boolean NOT NULL,
    effect text NOT NULL CHECK (
        effect IN ('advance', 'update', 'correction', 'restart', 'late', 'repeat', 'regression')
    ),
    notices integer NOT NULL CHECK (notices >= 0),
    stream_sequence bigint NOT NULL,
    accepted_at timestamptz NOT NULL,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (publisher, event_id),
    CONSTRAINT silent_effects_tell_nobody CHECK (
        notices = 0 OR effect IN ('advance', 'update', 'correction', 'restart')
    )
);
CREATE INDEX event_of_application ON event (application_key);

-- Messages that take no effect; the payload is kept where somebody may want to look at it or replay it.
CREATE TABLE set_aside (
    id uuid PRIMARY KEY,
    stream text NOT NULL,
    stream_sequence bigint NOT NULL,
    effect text NOT NULL CHECK (effect IN ('duplicate', 'conflict', 'parked', 'dead')),
    publisher text,
    event_id text,
    document_type text,
    stage text,
    reason text NOT NULL,
    payload bytea,
    at timestamptz NOT NULL,
    CONSTRAINT only_a_duplicate_is_not_kept CHECK ((payload IS NULL) = (effect = 'duplicate'))
);
CREATE INDEX set_aside_by_effect ON set_aside (effect, at);

-- A receipt's right to follow one application; the secrets themselves are never here.
CREATE TABLE claim (
    claim_id uuid PRIMARY KEY,
    publisher text NOT NULL,
    receipt_id text NOT NULL,
    generation integer NOT NULL CHECK (generation >= 1),
    application_key text COLLATE "C" NOT NULL REFERENCES application,
    token_hash text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    code_hash text NOT NULL UNIQUE CHECK (code_hash ~ '^[0-9a-f]{64}$'),
    redemptions integer NOT NULL DEFAULT 0 CHECK (redemptions >= 0),
    max_redemptions integer NOT NULL CHECK (max_redemptions >= 1),
    issued_at timestamptz NOT NULL,
    revoked_at timestamptz,
    UNIQUE (publisher, receipt_id),
    CONSTRAINT no_claim_is_overused CHECK (redemptions <= max_redemptions)
);
CREATE INDEX claim_of_application ON claim (application_key);

CREATE TABLE redemption (
    claim_id uuid NOT NULL REFERENCES claim ON DELETE CASCADE,
    recipient_id uuid NOT NULL,
    generation integer NOT NULL,
    redeemed_at timestamptz NOT NULL,
    PRIMARY KEY (claim_id, recipient_id, generation)
);

CREATE TABLE subscription (
    subscription_id uuid PRIMARY KEY,
    application_key text COLLATE "C" NOT NULL REFERENCES application,
    recipient_id uuid NOT NULL,
    claim_id uuid NOT NULL REFERENCES claim,
    consent_version text NOT NULL,
    consented_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text CHECK (ended_by IN ('stop')),
    CONSTRAINT ended_by_something CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX one_active_subscription ON subscription (application_key, recipient_id)
    WHERE ended_at IS NULL;
CREATE INDEX active_subscription_of_recipient ON subscription (recipient_id, created_at)
    WHERE ended_at IS NULL;

-- The ledger. It refers to events and subscriptions without foreign keys: it is written under the
-- application's lock together with the one and from the other, at the highest rate of all tables.
CREATE TABLE notice (
    notice_id uuid PRIMARY KEY,
    subscription_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    application_key text COLLATE "C" NOT NULL,
    publisher text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('advance', 'update', 'correction', 'restart', 'overdue', 'follower')),
    revision bigint NOT NULL CHECK (revision > 0),
    created_at timestamptz NOT NULL,
    ended_as text CHECK (
        ended_as IN ('accepted', 'undeliverable', 'superseded', 'expired', 'withdrawn', 'unknown')
    ),
    ended_at timestamptz,
    reason text,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    delivered_at timestamptz,
    seen_at timestamptz,
    CONSTRAINT an_end_has_its_time CHECK ((ended_as IS NULL) = (ended_at IS NULL)),
    CONSTRAINT a_reason_needs_an_end CHECK (reason IS NULL OR ended_as IS NOT NULL),
    CONSTRAINT receipts_upon_accepted_only CHECK (
        ended_as IS NULL OR ended_as = 'accepted' OR num_nonnulls(delivered_at, seen_at) = 0
    )
);
CREATE INDEX notice_of_event ON notice (publisher, event_id);
CREATE INDEX notice_of_subscription ON notice (subscription_id);
CREATE INDEX notice_pending ON notice (created_at) WHERE ended_as IS NULL;

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    subject text NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_oldest ON outbox (created_at);
