-- record_of: what is held about a recipient beside their choices and addresses
SELECT r.created_at, r.consented_at,
       (SELECT count(*) FROM delivery d WHERE d.recipient_id = r.id) AS messages
FROM recipient r WHERE r.id = $1;
