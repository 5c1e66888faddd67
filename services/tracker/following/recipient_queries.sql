-- followed_by_id: one document that a recipient follows, by the id of the subscription
SELECT s.subscription_id, s.created_at AS since, a.* FROM subscription s
JOIN application a USING (application_key)
WHERE s.subscription_id = $1 AND s.recipient_id = $2 AND s.ended_at IS NULL;

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
    WHERE s.recipient_id = $1
    ORDER BY s.created_at DESC, s.subscription_id DESC
    LIMIT $2
) AS newest
ORDER BY since, subscription_id;
