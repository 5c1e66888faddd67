-- Since when the order of somebody's addresses is their own; NULL: it is the agency's.
ALTER TABLE recipient ADD COLUMN ordered_at timestamptz;
