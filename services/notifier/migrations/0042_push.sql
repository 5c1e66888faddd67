-- The browsers of the page in which somebody wants to be told: what each said of itself, sealed, and found by a keyed hash
-- of its endpoint. `failing_since`: since when it has taken nothing.
CREATE TABLE push_subscription (
    device_id uuid PRIMARY KEY REFERENCES page_device (id) ON DELETE CASCADE,
    lookup bytea NOT NULL,
    box bytea NOT NULL,
    key_id text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    failing_since timestamptz,
    CHECK (octet_length(lookup) = 32)
);
CREATE INDEX push_subscription_lookup ON push_subscription (lookup);
