-- join_before: how two who are one person became so, by the names that are asked for, in either direction, or else when
-- one of them last joined somebody
SELECT moved, ended, stays FROM joined
WHERE into_id = $1 AND (
    (asked_joining, asked_into) IN (($2, $3), ($3, $2)) OR recipient_id IN ($2, $3)
)
ORDER BY (asked_joining, asked_into) = ($2, $3) DESC, (asked_joining, asked_into) = ($3, $2) DESC,
    recipient_id = $2 DESC, at
LIMIT 1;

-- concerned: the applications of all that names somebody
SELECT application_key FROM subscription WHERE recipient_id = $1
UNION
SELECT c.application_key FROM redemption r JOIN claim c USING (claim_id) WHERE r.recipient_id = $1;

-- of_both: all that somebody ever followed, and another's subscription to the same document where both follow it;
-- begin it only after the applications' locks are held
SELECT s.subscription_id, s.ended_at IS NULL AS active, other.subscription_id AS other
FROM subscription s
LEFT JOIN subscription other ON other.application_key = s.application_key AND other.recipient_id = $2
    AND other.ended_at IS NULL AND s.ended_at IS NULL
WHERE s.recipient_id = $1;

-- lock_said: lock what was told by some subscriptions, in the order of the ledger
SELECT notice_id, subscription_id, kind, revision, publisher, event_id, created_at, ended_as FROM notice
WHERE subscription_id = ANY($1::uuid[])
ORDER BY notice_id
FOR UPDATE;

-- end_doubled: of two subscriptions to one document one ends
UPDATE subscription SET ended_at = $2, ended_by = 'join' WHERE subscription_id = ANY($1::uuid[]);

-- hear: what was read when the one began was read by whoever goes on with the other
UPDATE subscription s SET heard_at = greatest(s.heard_at, ended.created_at, ended.heard_at)
FROM unnest($1::uuid[], $2::uuid[]) AS g (ended, stays)
JOIN subscription ended ON ended.subscription_id = g.ended
WHERE s.subscription_id = g.stays;

-- hand_over: what was told by the one was told by the other
UPDATE notice n SET subscription_id = g.stays
FROM unnest($1::uuid[], $2::uuid[]) AS g (ended, stays)
WHERE n.subscription_id = g.ended;

-- move_subscriptions: all that somebody follows and followed is another's
UPDATE subscription SET recipient_id = $2 WHERE recipient_id = $1;

-- move_notices: so is what was told by it
UPDATE notice SET recipient_id = $3 WHERE notice_id = ANY($1::uuid[]) AND recipient_id = $2;

-- move_redemptions: so are the receipts that they used
UPDATE redemption r SET recipient_id = $2
WHERE r.recipient_id = $1 AND NOT EXISTS (
    SELECT FROM redemption same
    WHERE same.recipient_id = $2 AND same.claim_id = r.claim_id AND same.generation = r.generation
);

-- drop_redemptions: those that both used
DELETE FROM redemption WHERE recipient_id = $1;

-- note_joined: remember who somebody is from now on
INSERT INTO joined (recipient_id, into_id, asked_joining, asked_into, moved, ended, stays, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- follow_on: whoever joined somebody who joins another is that other too
UPDATE joined SET into_id = $2 WHERE into_id = $1;
