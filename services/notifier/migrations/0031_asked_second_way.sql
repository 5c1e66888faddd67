-- Since when somebody has been asked for a second address: that is done once.
ALTER TABLE recipient ADD COLUMN asked_second_way_at timestamptz;

-- From which address a link was asked for; NULL or one that is gone: any of theirs.
ALTER TABLE address_invitation ADD COLUMN address_id uuid;
