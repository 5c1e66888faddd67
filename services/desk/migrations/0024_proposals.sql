-- Changes of the knowledge base that wait for somebody: for a colleague's eyes, or for an editor to finish them.

-- `fields` is the form as it was written; `answer` is empty where nobody has given the answer its name yet.
CREATE TABLE proposal (
    id uuid PRIMARY KEY,
    answer text COLLATE "C" NOT NULL CHECK (answer ~ '^[a-z0-9_]{0,40}$'),
    deed text NOT NULL CHECK (deed IN ('suggest', 'write', 'withdraw', 'undo')),
    fields json NOT NULL,
    four_eyes boolean NOT NULL,
    made_at timestamptz NOT NULL,
    made_by uuid NOT NULL,
    made_by_name text NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    ended_as text CHECK (ended_as IN ('released', 'refused')),
    CONSTRAINT is_ended_whole CHECK (
        (ended_at IS NULL) = (ended_as IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)
    ),
    CONSTRAINT four_eyes_see_a_release CHECK (NOT four_eyes OR ended_as IS DISTINCT FROM 'released' OR ended_by <> made_by)
);
CREATE INDEX proposal_open ON proposal (made_at) WHERE ended_at IS NULL;
CREATE INDEX proposal_ended ON proposal (ended_at) WHERE ended_at IS NOT NULL;
