-- purge: remove the oldest outcomes that are old enough, and note them, under the lease
WITH first AS (
    SELECT epoch, sequence, stored_at FROM outcome ORDER BY epoch, sequence LIMIT $2
), gone AS (
    DELETE FROM outcome o USING first
    WHERE (o.epoch, o.sequence) = (first.epoch, first.sequence) AND first.stored_at < $1
        AND EXISTS (SELECT FROM lease WHERE role = $3 AND token = $4 AND expires_at > clock_timestamp())
    RETURNING o.publisher, o.epoch, o.sequence
), noted AS (
    INSERT INTO outcome_purged AS p (publisher, epoch, sequence)
    SELECT DISTINCT ON (publisher) publisher, epoch, sequence FROM gone
    ORDER BY publisher, epoch DESC, sequence DESC
    ON CONFLICT (publisher) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence
)
SELECT count(*) FROM gone;
