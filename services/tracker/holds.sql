-- held_of: which of some publishers are held; a release waits until this transaction is over
SELECT publisher FROM hold WHERE publisher = ANY($1::text[]) ORDER BY publisher FOR KEY SHARE;

-- keep_back: keep messages until their publisher is released
INSERT INTO held (notice_id, publisher, payload, created_at)
SELECT g.*, $4 FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS g;

-- let_go: what is held back for some subscriptions
DELETE FROM held USING notice n
WHERE n.notice_id = held.notice_id AND n.subscription_id = ANY($1::uuid[])
RETURNING held.notice_id, held.payload;
