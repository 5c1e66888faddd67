-- Who is to be called by phone: in which language, and when the calls about it ended.
ALTER TABLE notice ADD COLUMN language text;
ALTER TABLE notice ADD COLUMN called_at timestamptz;

-- Calls that were told of, each once however often it is told. Kept as long as a stream might tell it again.
CREATE TABLE call_made (
    made_id uuid PRIMARY KEY,
    taken_at timestamptz NOT NULL
);
CREATE INDEX call_made_taken_at ON call_made (taken_at);
