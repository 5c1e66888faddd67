-- charge_typing: count one typed code in this hour before it is looked at; no row where the limit is reached
INSERT INTO typing AS t (scope, hour, wrong)
VALUES ($1, date_trunc('hour', $2::timestamptz, 'UTC'), 1)
ON CONFLICT (scope, hour) DO UPDATE SET wrong = t.wrong + 1 WHERE t.wrong < $3
RETURNING wrong;

-- note_typed: which call a code is counted for, and in which hour; no row where it was counted before
INSERT INTO typed (redeem_id, scope, hour) VALUES ($1, $2, date_trunc('hour', $3::timestamptz, 'UTC'))
ON CONFLICT (redeem_id) DO NOTHING
RETURNING redeem_id;

-- note_right: the code of a call was right; where it was counted, no row where that was taken back before
UPDATE typed SET refunded = true WHERE redeem_id = $1 AND NOT refunded RETURNING scope, hour;

-- refund_typing: a code that was counted in an hour was right
UPDATE typing SET wrong = wrong - 1 WHERE scope = $1 AND hour = $2 AND wrong > 0;
