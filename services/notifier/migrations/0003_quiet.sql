-- When a person is not to be woken; none of these means the agency's own hours and zone, equal times mean never.
ALTER TABLE recipient
    ADD COLUMN time_zone text,
    ADD COLUMN quiet_from time,
    ADD COLUMN quiet_until time,
    ADD CHECK ((quiet_from IS NULL) = (quiet_until IS NULL));

-- Kept back as a whole: by quiet hours or because the account was refused. Of such only the newest goes out.
ALTER TABLE delivery ADD COLUMN held boolean NOT NULL DEFAULT false;
