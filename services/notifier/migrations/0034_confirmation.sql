-- Addresses that somebody gave on our page, until it is proved whose they are, or their time is over. `digest` is that of
-- the secret by which the row is found; `box` holds the rest, sealed; `tries` counts codes that were typed.
CREATE TABLE confirmation (
    id uuid PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    account text NOT NULL,
    lookup bytea NOT NULL,
    key_id text NOT NULL,
    box bytea NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    CHECK (octet_length(digest) = 32),
    CHECK (octet_length(lookup) = 32),
    CHECK (tries >= 0)
);
CREATE INDEX confirmation_of_address ON confirmation (account, lookup);
CREATE INDEX confirmation_expiry ON confirmation (expires_at);

-- How often something was asked for: by a keyed hash of who or what it is counted for, in an hour or a day.
CREATE TABLE contact_count (
    scope bytea NOT NULL,
    since timestamptz NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (scope, since),
    CHECK (octet_length(scope) = 32),
    CHECK (count >= 0)
);
CREATE INDEX contact_count_since ON contact_count (since);
