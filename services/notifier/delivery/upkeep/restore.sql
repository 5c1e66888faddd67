-- restore_ends: what ended after the backup ends as it did then; it was reported at that time
UPDATE delivery d
SET state = given.state, ended_at = given.at, token = NULL,
    reason = CASE WHEN given.state = 'undeliverable' THEN coalesce(given.reason, 'unknown') ELSE given.reason END,
    attempts = greatest(d.attempts, given.attempts, 1),
    unknowns = CASE given.state WHEN 'unknown' THEN greatest(d.unknowns, 1)
                                WHEN 'superseded' THEN 0 WHEN 'expired' THEN 0 ELSE d.unknowns END,
    message_reference = CASE WHEN given.state = 'accepted' THEN '' END, reach_by = NULL
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[])
    AS given (id, state, reason, attempts, at)
WHERE d.id = given.id AND d.kind = 'notice' AND d.ended_at IS NULL;

-- drop_answers: answers that waited when the backup was made were given since, or nobody waits for them
UPDATE delivery SET state = 'withdrawn', reason = 'restored', ended_at = clock_timestamp(), token = NULL,
    payload = NULL
WHERE kind = 'answer' AND ended_at IS NULL;

-- silence: what has no end that we know of is not sent any more
UPDATE delivery
SET state = CASE WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END, reason = 'restored', token = NULL,
    ended_at = clock_timestamp()
WHERE kind = 'notice' AND ended_at IS NULL AND created_at <= $1
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, follows;

-- ended_among: how those of some notices ended that have an end
SELECT id, kind, state, reason, attempts, ended_at, recipient_id, channel, follows
FROM delivery WHERE id = ANY($1::uuid[]) AND kind = 'notice' AND ended_at IS NOT NULL;
