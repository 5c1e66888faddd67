-- The planner took it, and a sort of all that waits, for the queue's own order whenever little waited as it counted.
-- What looks for the expired looks through all that waits now and then in any case.
DROP INDEX CONCURRENTLY IF EXISTS delivery_expiry;
