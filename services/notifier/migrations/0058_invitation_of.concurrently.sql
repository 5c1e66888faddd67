-- What waits for a day of an office; by far most deliveries are no invitations.
DROP INDEX CONCURRENTLY IF EXISTS delivery_invitation;
CREATE INDEX CONCURRENTLY delivery_invitation ON delivery (invitation) WHERE invitation IS NOT NULL;
