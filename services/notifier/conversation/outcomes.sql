-- record_of: what is held about a recipient beside their choices and addresses
SELECT r.created_at, r.consented_at,
       (SELECT count(*) FROM delivery d WHERE d.recipient_id = r.id) AS messages, page.*,
       EXISTS (SELECT FROM last_answer l WHERE l.recipient_id = r.id) AS asked
FROM recipient r
CROSS JOIN LATERAL (
    SELECT coalesce(sum((SELECT count(*) FROM page_message m WHERE m.session_id = s.id)), 0)::bigint AS lines,
           coalesce(sum((SELECT count(*) FROM page_device d WHERE d.session_id = s.id)), 0)::bigint AS browsers,
           coalesce(sum((SELECT count(*) FROM push_subscription p JOIN page_device d ON d.id = p.device_id
                         WHERE d.session_id = s.id)), 0)::bigint AS pushes
    FROM address a JOIN page_session s ON s.address_id = a.id WHERE a.recipient_id = r.id
) AS page
WHERE r.id = $1;
