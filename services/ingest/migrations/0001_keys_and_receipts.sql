CREATE TABLE api_key (
    key_id uuid PRIMARY KEY,
    key_hash bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    publisher text NOT NULL CHECK (publisher ~ '^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$'),
    name text NOT NULL CHECK (length(name) <= 100),
    scopes text[] NOT NULL CHECK (
        cardinality(scopes) > 0
        AND scopes <@ ARRAY['events:write', 'receipts:write', 'outcomes:read']
    ),
    created_at timestamptz NOT NULL,
    expires_at timestamptz CHECK (expires_at > created_at),
    revoked_at timestamptz CHECK (revoked_at >= created_at)
);

COMMENT ON TABLE api_key IS 'who may publish; the key itself is never stored';

CREATE TABLE receipt (
    publisher text NOT NULL,
    receipt_id text NOT NULL CHECK (length(receipt_id) BETWEEN 1 AND 128),
    application_key text NOT NULL CHECK (application_key ~ '^[0-9a-f]{64}$'),
    document_type text NOT NULL,
    salt bytea NOT NULL CHECK (octet_length(salt) = 16),
    generation integer NOT NULL CHECK (generation >= 1),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (publisher, receipt_id)
);

COMMENT ON TABLE receipt IS 'what a receipt''s secrets are derived from; worthless without the receipt key';
