-- quiet_of: when these people are not to be woken, where they have hours or a zone of their own
SELECT given.id, r.time_zone, r.quiet_from, r.quiet_until
FROM unnest($1::uuid[]) AS given (id)
LEFT JOIN joined_recipient j ON j.id = given.id
JOIN recipient r ON r.id = coalesce(j.into_id, given.id)
WHERE r.time_zone IS NOT NULL OR r.quiet_from IS NOT NULL;
