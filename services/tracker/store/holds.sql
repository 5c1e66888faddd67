-- held_of: which of some publishers are held; a release waits until this transaction is over
SELECT publisher FROM hold WHERE publisher = ANY($1::text[]) ORDER BY publisher FOR KEY SHARE;

-- hold: let a publisher's events tell nobody; no row where that is so already
INSERT INTO hold (publisher, since, held_by, why, suspected_from) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (publisher) DO NOTHING
RETURNING publisher;

-- keep_back: keep messages until their publisher is released
INSERT INTO held (notice_id, publisher, payload, created_at)
SELECT g.*, $4 FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS g;
