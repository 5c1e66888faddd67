-- What a caller has to tell beside the stage: which papers are missing, and a note; codes of the catalogue.
ALTER TABLE call ADD COLUMN missing text[] NOT NULL DEFAULT '{}';
ALTER TABLE call ADD COLUMN note text;

-- About which event the call is that somebody holds: newer news may come while they speak.
ALTER TABLE call ADD COLUMN held_publisher text;
ALTER TABLE call ADD COLUMN held_event_id text;
