-- Conversations of citizens with people of the agency; what is said in them is in no table of ours. `said` numbers what
-- we told the desk, `heard` what it told us. One that is `aside` still gets answers, but what is typed goes to another:
-- two people with one open each became one. `address_id`: where the citizen wrote last.
-- `withdrawn`: they ended it themselves. `rate`: they are asked how it was.
CREATE TABLE handover (
    conversation_id uuid PRIMARY KEY,
    recipient_id uuid NOT NULL REFERENCES recipient (id) ON DELETE CASCADE,
    address_id uuid NOT NULL,
    language text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'aside', 'closed')),
    said integer NOT NULL CHECK (said > 0),
    heard integer NOT NULL DEFAULT 0 CHECK (heard >= 0),
    withdrawn boolean NOT NULL DEFAULT false,
    rate boolean NOT NULL DEFAULT false,
    content boolean,
    worded boolean NOT NULL DEFAULT false,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    heard_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    CHECK ((state = 'closed') = (ended_at IS NOT NULL)),
    CHECK (content IS NOT NULL OR NOT worded)
);
CREATE UNIQUE INDEX handover_open ON handover (recipient_id) WHERE state = 'open';
CREATE INDEX handover_of_recipient ON handover (recipient_id);
CREATE INDEX handover_idle ON handover ((coalesce(ended_at, heard_at)));

-- What the desk told us, by its number in a conversation. `payload` is there while one with a lower number is missing.
CREATE TABLE handover_reply (
    reply_id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES handover (conversation_id) ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    reported boolean NOT NULL,
    payload bytea,
    came_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (conversation_id, number)
);
CREATE INDEX handover_reply_waiting ON handover_reply (came_at) WHERE payload IS NOT NULL;

-- What somebody was asked to type next for the desk; forgotten with the next thing that they do, or when it expires.
CREATE TABLE handover_typing (
    recipient_id uuid PRIMARY KEY REFERENCES recipient (id) ON DELETE CASCADE,
    what text NOT NULL CHECK (what IN ('question', 'word')),
    reason text NOT NULL CHECK (reason IN ('asked', 'missed', 'complaint')),
    subscription_id uuid,
    document text,
    conversation_id uuid,
    expires_at timestamptz NOT NULL,
    CHECK ((what = 'word') = (conversation_id IS NOT NULL))
);
CREATE INDEX handover_typing_expiry ON handover_typing (expires_at);
