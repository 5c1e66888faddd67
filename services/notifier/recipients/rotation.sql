-- personal_otherwise: some choices that are not under the current key
SELECT id, personal, personal_key_id FROM recipient
WHERE personal_key_id <> $1 AND id > $2 ORDER BY id LIMIT $3;

-- reseal_personal: the same under another key, unless they were changed meanwhile
UPDATE recipient SET personal = $3, personal_key_id = $4 WHERE id = $1 AND personal = $2 RETURNING true;

-- sealed_otherwise: some addresses that are not under the current key
SELECT id, channel, address, key_id FROM address
WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT $3;

-- reseal: an address under another key, unless it was changed meanwhile
-- The person is held before the address is, as whoever forgets somebody does.
WITH owner AS MATERIALIZED (
    SELECT r.id FROM address a JOIN recipient r ON r.id = a.recipient_id WHERE a.id = $1 FOR NO KEY UPDATE OF r
)
UPDATE address a SET lookup = $3, address = $4, key_id = $5 FROM owner
WHERE a.id = $1 AND a.recipient_id = owner.id AND a.address = $2
RETURNING true;

-- answers_otherwise: some answers that wait and are not under the current key, or in clear
SELECT id, payload FROM delivery
WHERE kind = 'answer' AND ended_at IS NULL AND payload ->> 'key' IS DISTINCT FROM $1 AND id > $2
ORDER BY id LIMIT $3;

-- reseal_answer: an answer under another key, unless it ended or was changed meanwhile
UPDATE delivery SET payload = $3 WHERE id = $1 AND payload = $2 AND ended_at IS NULL RETURNING true;

-- pushes_otherwise: some subscriptions to pushes that are not under the current key
SELECT device_id AS id, box, key_id FROM push_subscription
WHERE key_id <> $1 AND device_id > $2 ORDER BY device_id LIMIT $3;

-- reseal_push: a subscription under another key, unless the device subscribed anew meanwhile
UPDATE push_subscription SET lookup = $3, box = $4, key_id = $5 WHERE device_id = $1 AND box = $2 RETURNING true;

-- page_messages_otherwise: some messages of citizens' pages that are not under the current key
SELECT id, box, key_id FROM page_message WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT $3;

-- reseal_page_message: one under another key, unless it was changed meanwhile
UPDATE page_message SET box = $3, key_id = $4 WHERE id = $1 AND box = $2 RETURNING true;

-- drop_page_facts: what was shown last under another key; the next look knows it anew
UPDATE page_session SET facts = NULL, facts_key_id = NULL, facts_at = NULL WHERE facts_key_id <> $1;

-- confirmations_otherwise: some confirmations that are not under the current key
SELECT id, account, key_id, box FROM confirmation
WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT $3;

-- reseal_confirmation: a confirmation under another key
UPDATE confirmation SET lookup = $3, box = $4, key_id = $5 WHERE id = $1 AND box = $2 RETURNING true;

-- last_answers_otherwise: some last answers that are not under the current key
SELECT recipient_id AS id, key_id, box FROM last_answer
WHERE key_id <> $1 AND recipient_id > $2 ORDER BY recipient_id LIMIT $3;

-- reseal_last_answer: one under another key, unless its reader was answered something else meanwhile
UPDATE last_answer SET box = $3, key_id = $4 WHERE recipient_id = $1 AND box = $2 RETURNING true;

-- count_by_key: how many addresses, choices, confirmations, answers, messages and subscriptions each key has
SELECT key_id, count(*) AS people
FROM (SELECT key_id FROM address
      UNION ALL SELECT personal_key_id FROM recipient WHERE personal IS NOT NULL
      UNION ALL SELECT key_id FROM confirmation
      UNION ALL SELECT key_id FROM last_answer
      UNION ALL SELECT key_id FROM push_subscription
      UNION ALL SELECT coalesce(payload ->> 'key', '(in clear)') FROM delivery
                WHERE kind = 'answer' AND ended_at IS NULL
      UNION ALL SELECT key_id FROM page_message UNION ALL SELECT key_id FROM page_upload) AS sealed
GROUP BY key_id;
