-- Whom an office invites on which day, where it serves only so many: one row an application that is ready, whoever
-- follows it; in the order in which they came. Deliveries name theirs.
CREATE TABLE invitation (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    office text COLLATE "C" NOT NULL,
    day date NOT NULL,
    goes_at timestamptz NOT NULL
);
CREATE INDEX invitation_day ON invitation (office, day);
CREATE INDEX invitation_goes_at ON invitation (goes_at);
ALTER TABLE delivery ADD COLUMN invitation uuid;
