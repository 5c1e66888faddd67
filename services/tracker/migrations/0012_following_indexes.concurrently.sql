-- Which shares a receipt and a subscription have, and at which applications to look.
ALTER TABLE claim VALIDATE CONSTRAINT a_share_is_whole;
DROP INDEX CONCURRENTLY IF EXISTS claim_of_parent;
CREATE INDEX CONCURRENTLY claim_of_parent ON claim (parent_id) WHERE parent_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS claim_of_sharer;
CREATE INDEX CONCURRENTLY claim_of_sharer ON claim (shared_by) WHERE shared_by IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS application_to_look_at;
CREATE INDEX CONCURRENTLY application_to_look_at ON application (look_at) WHERE look_at IS NOT NULL;
