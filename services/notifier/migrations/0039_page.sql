-- The citizen's own page, the channel `web`. A session is one address there: `digest` is what the address says, the hash
-- of the cookie that it began with. `address_id` is that address on record, NULL for a guest, whose session is short.
-- `version` counts the changes of its conversation; `facts` are what was last shown of the documents, sealed.
CREATE TABLE page_session (
    id uuid PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    address_id uuid,
    language text,
    version bigint NOT NULL DEFAULT 0,
    facts bytea,
    facts_key_id text,
    facts_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    absent_since timestamptz,
    CHECK (octet_length(digest) = 32),
    CHECK (num_nonnulls(facts, facts_key_id, facts_at) IN (0, 3))
);
CREATE INDEX page_session_of_address ON page_session (address_id);
CREATE INDEX page_session_seen ON page_session (seen_at);

-- The browsers that show a session, each by the hash of a cookie of its own.
CREATE TABLE page_device (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES page_session (id) ON DELETE CASCADE,
    digest bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (octet_length(digest) = 32)
);
CREATE INDEX page_device_of_session ON page_device (session_id);

-- The conversation: what we wrote (under the id of its delivery) and what the citizen did, sealed. `place` is its order,
-- `version` the session's when it came or was changed.
CREATE TABLE page_message (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES page_session (id) ON DELETE CASCADE,
    place bigint NOT NULL,
    version bigint NOT NULL,
    ours boolean NOT NULL,
    box bytea NOT NULL,
    key_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz
);
CREATE INDEX page_message_of_session ON page_message (session_id, version);
CREATE INDEX page_message_age ON page_message (at);
CREATE INDEX page_message_unseen ON page_message (session_id) WHERE ours AND seen_at IS NULL;

-- What brings a session to one more browser, once and for some minutes: `lookup` is a keyed hash of the code.
CREATE TABLE page_pass (
    lookup bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES page_session (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    CHECK (octet_length(lookup) = 32)
);
CREATE INDEX page_pass_of_session ON page_pass (session_id);

-- Whoever loses the address, by whatever way they are forgotten or take it off, leaves nothing on the page.
CREATE FUNCTION page_ends() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM page_session WHERE address_id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER page_ends AFTER DELETE ON address FOR EACH ROW EXECUTE FUNCTION page_ends();

-- Whoever looks at a page that is over learns of it, in every process.
CREATE FUNCTION page_is_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('docwatch_page', OLD.id::text);
    RETURN NULL;
END
$$;
CREATE TRIGGER page_is_over AFTER DELETE ON page_session FOR EACH ROW EXECUTE FUNCTION page_is_over();
