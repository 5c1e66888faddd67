-- Files that citizens sent in a conversation, sealed for the desk, until they are too old or the conversation is gone.
-- `size` is that of the content in bytes. A box is random to whoever has no key, so it is not worth packing, and a part
-- of it is read without the rest.
CREATE TABLE handover_file (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES handover (conversation_id) ON DELETE CASCADE,
    size integer NOT NULL CHECK (size > 0),
    key_id text NOT NULL,
    box bytea NOT NULL,
    kept_until timestamptz NOT NULL
);
ALTER TABLE handover_file ALTER COLUMN box SET STORAGE EXTERNAL;
CREATE INDEX handover_file_of_conversation ON handover_file (conversation_id);
CREATE INDEX handover_file_age ON handover_file (kept_until);

-- In which conversation with people a picture or document was sent; NULL: in none, so it may only show a code.
ALTER TABLE picture ADD COLUMN conversation_id uuid;
