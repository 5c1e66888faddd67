-- drop_older: what waits of earlier news of an appointment, where there is newer of the same kind, or it is off
UPDATE delivery SET state = CASE WHEN unknowns > 0 THEN 'unknown' ELSE 'superseded' END, reason = 'newer_waits',
    ended_at = clock_timestamp(), payload = NULL
WHERE kind = 'appointment' AND state = 'pending' AND subscription_id = $1 AND id <> $3
  AND ($2 = 'closed' OR payload ->> 'kind' = $2)
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;

-- store_news: keep news of an appointment as a delivery at the first address of the route; what cannot be sent ends here
INSERT INTO delivery (id, channel, address_id, recipient_id, kind, class, subscription_id, payload, created_at,
                      expires_at, due_at, actionable, state, reason, ended_at)
SELECT given.id, a.channel, a.id, r.id, 'appointment', 1, given.subscription_id,
       CASE WHEN a.id IS NOT NULL THEN given.payload END, given.at, given.expires_at,
       coalesce(given.due_at, clock_timestamp()), true,
       CASE WHEN a.id IS NOT NULL THEN 'pending' WHEN r.id IS NULL THEN 'withdrawn' ELSE 'undeliverable' END,
       CASE WHEN a.id IS NOT NULL THEN NULL WHEN r.id IS NULL THEN 'unknown_recipient' ELSE 'no_address' END,
       CASE WHEN a.id IS NULL THEN clock_timestamp() END
FROM (VALUES ($1::uuid, $2::uuid, $3::uuid, $4::jsonb, $5::timestamptz, $6::timestamptz, $7::timestamptz))
     AS given (id, recipient_id, subscription_id, payload, at, expires_at, due_at)
LEFT JOIN joined_recipient j ON j.id = given.recipient_id
LEFT JOIN recipient r ON r.id = coalesce(j.into_id, given.recipient_id) AND r.consented_at IS NOT NULL
LEFT JOIN LATERAL next_address(r.id, NULL, true, $8::text[], $9::text[]) a ON true
ON CONFLICT (id) DO NOTHING
RETURNING id, kind, state, reason, attempts, ended_at, channel, trace, follows;

-- drop_reminders: what waits of somebody's news about one document, whose appointment they have just changed
UPDATE delivery SET state = CASE WHEN unknowns > 0 THEN 'unknown' ELSE 'withdrawn' END, reason = 'changed',
    ended_at = clock_timestamp(), payload = NULL
WHERE kind = 'appointment' AND state = 'pending' AND recipient_id = $1 AND subscription_id = $2
RETURNING id, kind, state, reason, attempts, ended_at, recipient_id, channel, trace, follows;
