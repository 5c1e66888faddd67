-- Publishers whose events tell nobody for now, and the messages that wait for the release.

CREATE TABLE hold (
    publisher text COLLATE "C" PRIMARY KEY,
    since timestamptz NOT NULL,
    held_by text NOT NULL
);

CREATE TABLE held (
    notice_id uuid PRIMARY KEY REFERENCES notice ON DELETE CASCADE,
    publisher text COLLATE "C" NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX held_of_publisher ON held (publisher, created_at);
