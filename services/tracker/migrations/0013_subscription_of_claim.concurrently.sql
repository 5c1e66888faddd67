-- Who came by a claim, ended or not: asked before a claim is purged.
DROP INDEX CONCURRENTLY IF EXISTS subscription_of_claim;
CREATE INDEX CONCURRENTLY subscription_of_claim ON subscription (claim_id);
