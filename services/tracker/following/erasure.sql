-- let_go: what is held back for some subscriptions
DELETE FROM held USING notice n
WHERE n.notice_id = held.notice_id AND n.subscription_id = ANY($1::uuid[])
RETURNING held.notice_id, held.payload;

-- stay_forgotten: remember that recipients are to stay forgotten
INSERT INTO forgotten (recipient_id, at) SELECT *, $2 FROM unnest($1::uuid[]) ON CONFLICT (recipient_id) DO NOTHING;

-- part: nothing says any more who was one person
DELETE FROM joined WHERE into_id = $1;

-- followed_by: which applications somebody follows
SELECT application_key FROM subscription WHERE recipient_id = ANY($1::uuid[]) AND ended_at IS NULL;

-- forget_subscriptions: end a recipient's subscriptions and take their name off all of them
UPDATE subscription
SET recipient_id = NULL, ended_at = coalesce(ended_at, $2), ended_by = 'forget'
WHERE recipient_id = ANY($1::uuid[])
RETURNING subscription_id;

-- lock_notices_of: lock what was told by some subscriptions, in the order of the ledger
SELECT 1 FROM notice WHERE subscription_id = ANY($1::uuid[]) ORDER BY notice_id FOR UPDATE;

-- forget_notices: take a recipient's name off what was told by their subscriptions
UPDATE notice SET recipient_id = NULL WHERE subscription_id = ANY($1::uuid[]) AND recipient_id IS NOT NULL;

-- forget_redemptions: take a recipient's name off the claims that they used
DELETE FROM redemption WHERE recipient_id = ANY($1::uuid[]);

-- forget_attempts: drop the counts of typed codes that stand under a recipient's own name
WITH calls AS (DELETE FROM typed WHERE scope = ANY($1::text[]))
DELETE FROM typing WHERE scope = ANY($1::text[]);
