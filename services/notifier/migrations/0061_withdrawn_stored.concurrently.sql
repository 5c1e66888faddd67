-- Notices that were withdrawn before they came, by when that was: the sweep forgets them by it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS withdrawn_notice_stored ON withdrawn_notice (stored_at);
