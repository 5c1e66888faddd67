-- followed_by_id: one document that a recipient follows, by the id of the subscription, or of one that ended because
-- another of theirs to the same document stays
SELECT s.subscription_id, s.created_at AS since, a.* FROM subscription named
JOIN subscription s ON s.application_key = named.application_key AND s.recipient_id = named.recipient_id
    AND s.ended_at IS NULL AND (s.subscription_id = named.subscription_id OR named.ended_by = 'join')
JOIN application a ON a.application_key = s.application_key
WHERE named.subscription_id = $1
    AND named.recipient_id = coalesce((SELECT into_id FROM joined WHERE recipient_id = $2), $2);

-- since_when: since when each person follows an application, oldest first
SELECT created_at FROM subscription
WHERE application_key = $1 AND ended_at IS NULL
ORDER BY created_at, subscription_id;

-- holdings: all that is held about a recipient, the newest subscriptions where there are very many
SELECT * FROM (
    SELECT s.subscription_id, s.application_key, s.consent_version, s.consented_at, s.created_at AS since,
        s.ended_at, s.ended_by, a.document_type, a.masked, told.notices
    FROM subscription s
    JOIN application a USING (application_key)
    CROSS JOIN LATERAL (
        SELECT count(*) AS notices FROM notice n WHERE n.subscription_id = s.subscription_id
    ) AS told
    WHERE s.recipient_id = coalesce((SELECT into_id FROM joined WHERE recipient_id = $1), $1)
    ORDER BY s.created_at DESC, s.subscription_id DESC
    LIMIT $2
) AS newest
ORDER BY since, subscription_id;
