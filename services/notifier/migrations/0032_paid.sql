-- What an account cost in a month: the messages that we began there, and how many it may be before all but what one must
-- act on waits (NULL: any number).
CREATE TABLE paid_message (
    account text NOT NULL,
    month date NOT NULL,
    sent bigint NOT NULL DEFAULT 0,
    ceiling bigint,
    PRIMARY KEY (account, month),
    CHECK (extract(day FROM month) = 1),
    CHECK (sent >= 0),
    CHECK (ceiling >= 0)
);

-- What waits because it would cost more than the agency pays in a month; nothing else of its recipient's waits for it.
ALTER TABLE delivery ADD COLUMN unpaid boolean NOT NULL DEFAULT false;

-- Since when the session of 24 hours lasts in which messages to an address are free: from what its owner wrote while none
-- was open; NULL: not known yet. Whoever says when somebody was heard of need not know of it.
ALTER TABLE address ADD COLUMN session_from timestamptz;
CREATE FUNCTION session_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.session_from := NEW.heard_at;
    RETURN NEW;
END
$$;
CREATE TRIGGER session_begins BEFORE INSERT OR UPDATE OF heard_at ON address FOR EACH ROW
WHEN (NEW.session_from IS NULL OR NEW.heard_at >= NEW.session_from + interval '24 hours')
EXECUTE FUNCTION session_begins();
