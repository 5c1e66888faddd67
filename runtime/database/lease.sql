-- acquire: take a role that nobody holds or whose holder let it expire, by the database's clock; the token is higher than
-- all before it, also of other roles, for what an owner leaves behind may be found under another role
INSERT INTO lease AS l (role, holder, token, expires_at)
SELECT $1, $2, coalesce(max(known.token), 0) + 1, clock_timestamp() + make_interval(secs => $3) FROM lease known
ON CONFLICT (role) DO UPDATE
SET holder = excluded.holder, token = greatest(l.token + 1, excluded.token), expires_at = excluded.expires_at
WHERE l.expires_at <= clock_timestamp()
RETURNING token;

-- renew: hold on to a role, which fails once it expired
UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => $3)
WHERE role = $1 AND token = $2 AND expires_at > clock_timestamp()
RETURNING token;

-- release: let go at once
UPDATE lease SET expires_at = clock_timestamp() WHERE role = $1 AND token = $2;
