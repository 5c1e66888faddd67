-- Those who were not told, of all publishers, in the order of their numbers: the list of calls is read so.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS notice_to_call ON notice (unreached) WHERE unreached IS NOT NULL;
