-- quiet_of: when these people are not to be woken, where they have hours or a zone of their own
SELECT given.id, r.time_zone, r.quiet_from, r.quiet_until
FROM unnest($1::uuid[]) AS given (id)
LEFT JOIN LATERAL (SELECT into_id FROM joined_recipient WHERE id = given.id OFFSET 0) j ON true
CROSS JOIN LATERAL (SELECT * FROM recipient WHERE id = coalesce(j.into_id, given.id) OFFSET 0) r
WHERE r.time_zone IS NOT NULL OR r.quiet_from IS NOT NULL;
