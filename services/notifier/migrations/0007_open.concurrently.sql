-- What waits for a recipient, in its order, under a condition of its own: the planner must not answer for one
-- recipient from an index of all that waits.
DROP INDEX CONCURRENTLY IF EXISTS delivery_open;
CREATE INDEX CONCURRENTLY delivery_open ON delivery (recipient_id, (class <> 0), seq) WHERE ended_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS delivery_line;
