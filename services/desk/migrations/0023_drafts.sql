-- What staff have written and not sent yet: kept until it is sent, for a few days at most.

CREATE TABLE draft (
    staff_id uuid NOT NULL,
    conversation_id uuid NOT NULL REFERENCES conversation ON DELETE CASCADE,
    box text NOT NULL CHECK (box IN ('answer', 'note')),
    draft_id uuid NOT NULL,
    key_id text NOT NULL,
    sealed bytea NOT NULL CHECK (octet_length(sealed) <= 32768),
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (staff_id, conversation_id, box)
);
CREATE INDEX draft_kept_at ON draft (kept_at);
CREATE INDEX draft_conversation ON draft (conversation_id);

-- What was written to somebody is erased with what they wrote.
CREATE FUNCTION forget_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM draft WHERE conversation_id = NEW.conversation_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER drafts_are_forgotten AFTER UPDATE OF forgotten ON conversation
FOR EACH ROW WHEN (NEW.forgotten AND NOT OLD.forgotten) EXECUTE FUNCTION forget_drafts();
