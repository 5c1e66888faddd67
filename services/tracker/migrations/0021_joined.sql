-- Two people become one. Whoever was joined is the other one for ever, in whatever still arrives about them; how the
-- join went is kept for whoever asks for it again, under the names by which it was asked for.
CREATE TABLE joined (
    recipient_id uuid PRIMARY KEY,
    into_id uuid NOT NULL,
    asked_joining uuid NOT NULL,
    asked_into uuid NOT NULL,
    moved integer NOT NULL CHECK (moved >= 0),
    ended uuid[] NOT NULL,
    stays uuid[] NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT nobody_joins_themselves CHECK (recipient_id <> into_id),
    CONSTRAINT one_stays_for_each_that_ends CHECK (cardinality(ended) = cardinality(stays))
);
CREATE INDEX joined_into ON joined (into_id);

-- When one who joined last read where a document stands that both followed; null: nobody joined.
ALTER TABLE subscription ADD COLUMN heard_at timestamptz;

-- A document that both followed is followed once. This allows more than before, so no stored row needs a look under
-- the lock.
ALTER TABLE subscription DROP CONSTRAINT subscription_ended_by_check;
ALTER TABLE subscription ADD CONSTRAINT subscription_ended_by_check CHECK (
    ended_by IN ('stop', 'forget', 'join')
) NOT VALID;
