-- keep: what the owner of an account saw last
INSERT INTO account AS a (name, accepted_at, down_since, down_reason) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE
SET accepted_at = greatest(a.accepted_at, excluded.accepted_at), down_since = excluded.down_since,
    down_reason = excluded.down_reason;
