CREATE INDEX CONCURRENTLY IF NOT EXISTS delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
