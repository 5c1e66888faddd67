-- Where a person can be reached: one or more addresses in an order, `place`, each of one account of a messenger.
-- The first one that somebody had bears their own id. `verified_at`: since when we know that it is theirs.
CREATE TABLE address (
    id uuid PRIMARY KEY,
    recipient_id uuid NOT NULL REFERENCES recipient (id) ON DELETE CASCADE,
    channel text NOT NULL,
    lookup bytea NOT NULL,
    address bytea NOT NULL,
    key_id text NOT NULL,
    place smallint NOT NULL,
    verified_at timestamptz,
    heard_at timestamptz NOT NULL,
    unreachable_since timestamptz,
    unreachable_reason text,
    UNIQUE (channel, lookup),
    CHECK (octet_length(lookup) = 32),
    CHECK ((unreachable_since IS NULL) = (unreachable_reason IS NULL))
);
CREATE INDEX address_of_recipient ON address (recipient_id, place);

-- Where the next message of a route goes: the first address by the person's order that was not tried, can be written
-- to, and is of an account that may carry it. `everything` may carry all, NULL: any account may; `urgent` carry only
-- what one must act on.
CREATE FUNCTION next_address(person uuid, tried uuid[], actionable boolean, everything text[], urgent text[])
RETURNS TABLE (id uuid, channel text) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT a.id, a.channel FROM address a
    WHERE a.recipient_id = person AND a.unreachable_since IS NULL AND a.verified_at IS NOT NULL
      AND a.id <> ALL (coalesce(tried, '{}'))
      AND (everything IS NULL OR a.channel = ANY (everything) OR (actionable AND a.channel = ANY (urgent)))
    ORDER BY a.place
    LIMIT 1;
END;

-- People who became one with somebody: what still comes for them is the other's.
CREATE TABLE joined_recipient (
    id uuid PRIMARY KEY,
    into_id uuid NOT NULL REFERENCES recipient (id) ON DELETE CASCADE,
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX joined_into ON joined_recipient (into_id);

-- Links by which somebody adds an address: each works once, for the one whom it was given to.
CREATE TABLE address_invitation (
    digest bytea PRIMARY KEY,
    recipient_id uuid NOT NULL REFERENCES recipient (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_by uuid,
    CHECK (octet_length(digest) = 32)
);
CREATE INDEX invitation_of_recipient ON address_invitation (recipient_id);
CREATE INDEX invitation_expiry ON address_invitation (expires_at);

-- `address_id` is where a delivery stands (NULL: the address that bears the person's own id), `tried` where it stood
-- before. `reach_by`: when the next address is tried if nothing says by then that it arrived, `reach_within` what that
-- grows by. A delivery that `follows` another tells the same once more, elsewhere; its end is not the notice's.
-- `may_repeat`: its message says that it may come twice.
ALTER TABLE delivery
    ADD COLUMN address_id uuid,
    ADD COLUMN tried uuid[],
    ADD COLUMN actionable boolean NOT NULL DEFAULT false,
    ADD COLUMN reach_within interval,
    ADD COLUMN reach_by timestamptz,
    ADD COLUMN follows uuid REFERENCES delivery (id) ON DELETE CASCADE,
    ADD COLUMN may_repeat boolean NOT NULL DEFAULT false;

-- Where a picture came from, and its answer goes; NULL: the address that bears the person's own id.
ALTER TABLE picture ADD COLUMN address_id uuid;

-- A version before knows one address a person, in their own row: each change is made in both places.
CREATE FUNCTION address_as_recipient() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.key_id = '' THEN
        DELETE FROM address WHERE id = NEW.id AND recipient_id = NEW.id;
        RETURN NULL;
    END IF;
    INSERT INTO address (id, recipient_id, channel, lookup, address, key_id, place, verified_at, heard_at,
                         unreachable_since, unreachable_reason)
    VALUES (NEW.id, NEW.id, NEW.channel, NEW.lookup, NEW.address, NEW.key_id, 1, NEW.created_at, NEW.heard_at,
            NEW.unreachable_since, NEW.unreachable_reason)
    ON CONFLICT (id) DO UPDATE
    SET channel = excluded.channel, lookup = excluded.lookup, address = excluded.address, key_id = excluded.key_id,
        heard_at = excluded.heard_at, unreachable_since = excluded.unreachable_since,
        unreachable_reason = excluded.unreachable_reason;
    RETURN NULL;
EXCEPTION WHEN unique_violation THEN
    -- It is the further address of somebody else, whom the version before does not know by it.
    RETURN NULL;
END $$;
CREATE TRIGGER address_as_recipient
AFTER INSERT OR UPDATE OF channel, lookup, address, key_id, heard_at, unreachable_since, unreachable_reason
ON recipient FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION address_as_recipient();

CREATE FUNCTION recipient_as_address() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE recipient
    SET channel = NEW.channel, lookup = NEW.lookup, address = NEW.address, key_id = NEW.key_id,
        heard_at = NEW.heard_at, unreachable_since = NEW.unreachable_since,
        unreachable_reason = NEW.unreachable_reason
    WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER recipient_as_address
AFTER UPDATE OF channel, lookup, address, key_id, heard_at, unreachable_since, unreachable_reason
ON address FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.id = NEW.recipient_id)
EXECUTE FUNCTION recipient_as_address();
