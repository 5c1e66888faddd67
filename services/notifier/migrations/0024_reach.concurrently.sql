CREATE INDEX CONCURRENTLY IF NOT EXISTS delivery_reach ON delivery (channel, reach_by) WHERE reach_by IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS delivery_follows ON delivery (follows) WHERE follows IS NOT NULL;
