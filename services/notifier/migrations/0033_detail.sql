-- How much may be told at an address: everything, or only that there is news; NULL: its owner did not say.
ALTER TABLE address ADD COLUMN detail text;
ALTER TABLE address ADD CONSTRAINT known_detail CHECK (detail IN ('all', 'news')) NOT VALID;
