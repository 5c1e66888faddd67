-- What a publisher sent since a time, for a withdrawal.
DROP INDEX CONCURRENTLY IF EXISTS event_of_publisher;
CREATE INDEX CONCURRENTLY event_of_publisher ON event (publisher, accepted_at) WHERE withdrawn_at IS NULL;
