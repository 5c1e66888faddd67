-- Each typed code that was counted, so that a call that is made again counts once. Forgotten with its hour.
CREATE TABLE typed (
    redeem_id uuid PRIMARY KEY,
    scope text NOT NULL,
    hour timestamptz NOT NULL,
    refunded boolean NOT NULL DEFAULT false
);
CREATE INDEX typed_hour ON typed (hour);
