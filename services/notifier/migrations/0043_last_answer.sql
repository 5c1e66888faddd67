-- What somebody was answered last, for some days: the question that has it once more, sealed.
CREATE TABLE last_answer (
    recipient_id uuid PRIMARY KEY REFERENCES recipient (id) ON DELETE CASCADE,
    key_id text NOT NULL,
    box bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX last_answer_age ON last_answer (at);
