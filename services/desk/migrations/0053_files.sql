-- Files that citizens sent: what is known of each beside the utterance that names it. Their content is the notifier's.
CREATE TABLE sent_file (
    utterance_id uuid PRIMARY KEY REFERENCES utterance (utterance_id) ON DELETE CASCADE,
    file_id uuid NOT NULL,
    type text NOT NULL,
    size integer NOT NULL CHECK (size > 0),
    kept_until timestamptz NOT NULL
);
