-- When a messenger told that it gave up on a notice that it had accepted. A version before knows nothing of it, so that
-- `delivered_at` may be set beside: what arrived has not failed, whatever was told first.
ALTER TABLE notice ADD COLUMN failed_at timestamptz;
ALTER TABLE notice ADD CONSTRAINT failed_upon_accepted_only CHECK (
    failed_at IS NULL OR ended_as IS NULL OR ended_as = 'accepted'
) NOT VALID;

-- Whether a notice was accepted and reached nobody after all, as far as anybody knows.
CREATE FUNCTION failed(n notice) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN n.failed_at IS NOT NULL AND n.delivered_at IS NULL AND n.seen_at IS NULL AND n.ended_as IS NOT NULL;
