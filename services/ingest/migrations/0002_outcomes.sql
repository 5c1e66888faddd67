CREATE TABLE lease (
    role text PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

-- One row: how far the stream of outcomes is copied. An epoch is one life of the stream.
CREATE TABLE feed (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch integer NOT NULL CHECK (epoch >= 0),
    stream_created timestamptz,
    sequence bigint NOT NULL CHECK (sequence >= 0)
);

INSERT INTO feed (epoch, stream_created, sequence) VALUES (0, NULL, 0);

CREATE TABLE outcome (
    epoch integer NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    message_id text UNIQUE,
    publisher text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('effect', 'reach')),
    body text NOT NULL CHECK (body LIKE '{%'),
    PRIMARY KEY (epoch, sequence)
);

COMMENT ON TABLE outcome IS 'what became of events, in the order of the stream, for back offices to read';

CREATE INDEX outcome_of_publisher ON outcome (publisher, epoch, sequence);
