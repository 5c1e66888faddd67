-- grant: let publishers write all that some owners own; rows for what was not so before
INSERT INTO publisher_grant (owner, publisher, granted_by)
SELECT g.owner, g.publisher, $3 FROM unnest($1::text[], $2::text[]) AS g (owner, publisher)
ORDER BY g.owner COLLATE "C", g.publisher COLLATE "C"
ON CONFLICT (owner, publisher, application_key) DO NOTHING
RETURNING owner, publisher;

-- revoke: end what was granted to publishers on all of an owner's applications and on single ones; waits for the batches
-- that saw it
DELETE FROM publisher_grant p USING unnest($1::text[], $2::text[]) AS g (owner, publisher)
WHERE p.owner = g.owner AND p.publisher = g.publisher
RETURNING p.owner, p.publisher;

-- list: what is granted on all that an owner owns, or on how many single applications
SELECT owner, publisher, CASE WHEN bool_or(application_key = '') THEN NULL ELSE count(*) END AS applications,
    min(granted_by) AS granted_by, min(granted_at) AS granted_at
FROM publisher_grant
GROUP BY owner, publisher
ORDER BY owner, publisher;
