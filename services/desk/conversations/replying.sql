-- lock: a conversation as it is
SELECT heard, answers, asks_since, due, held_by, held_since, opened_at, forgotten
FROM conversation WHERE conversation_id = $1 FOR UPDATE;

-- given: an answer that was given before
SELECT utterance_id, number, at FROM utterance WHERE utterance_id = $1;

-- left_over: since when the citizen waits for an answer to what its writer had not seen
SELECT min(at) FROM utterance WHERE conversation_id = $1 AND NOT by_staff AND arrival > $2;

-- answer: whoever holds it has answered it; a promise that was at risk makes it urgent no longer
UPDATE conversation
SET urgent = actionable OR overdue, replies = replies + 1, answers = answers + 1, answered_at = clock_timestamp(), staff_group = $3,
    asks_since = $4, due = $5, held_until = clock_timestamp() + $6, changed_at = clock_timestamp()
WHERE conversation_id = $1 AND held_by = $2 AND held_until > clock_timestamp() AND closed_at IS NULL
RETURNING replies AS number, answered_at AS at;

-- say: keep an answer
INSERT INTO utterance
    (utterance_id, conversation_id, by_staff, number, at, key, box, staff_id, author, public_name, took, due)
VALUES ($1, $2, true, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- note: keep a note; whether it is new
INSERT INTO note (note_id, conversation_id, staff_id, author, key, box) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (note_id) DO NOTHING;

-- noted: a note is a change that pages show
UPDATE conversation SET changed_at = clock_timestamp() WHERE conversation_id = $1;

-- pass_on: whoever holds it lets go of it, for those who know a topic
UPDATE conversation
SET topics = ARRAY[$3], held_by = NULL, holder = NULL, held_since = NULL, held_until = NULL,
    replies = replies + 1, asks_since = coalesce(asks_since, $4), due = coalesce(due, $5)
WHERE conversation_id = $1 AND held_by = $2 AND held_until > clock_timestamp() AND closed_at IS NULL
RETURNING replies AS number;

-- close: whoever holds it ends it
UPDATE conversation
SET closed_at = clock_timestamp(), closed_why = 'answered', asks_since = NULL, due = NULL, replies = replies + 1,
    held_by = NULL, holder = NULL, held_since = NULL, held_until = NULL
WHERE conversation_id = $1 AND held_by = $2 AND held_until > clock_timestamp() AND closed_at IS NULL
RETURNING replies AS number;

-- close_silent: those in which the citizen says nothing any more, and that nobody holds
UPDATE conversation
SET closed_at = clock_timestamp(), closed_why = 'silent', replies = replies + 1,
    held_by = NULL, holder = NULL, held_since = NULL, held_until = NULL
WHERE conversation_id IN (
    SELECT conversation_id FROM conversation
    WHERE closed_at IS NULL AND asks_since IS NULL AND answered_at < $1
        AND (held_until IS NULL OR held_until <= clock_timestamp())
    ORDER BY conversation_id LIMIT $2 FOR UPDATE SKIP LOCKED
) AND asks_since IS NULL AND closed_at IS NULL
RETURNING conversation_id, replies AS number;
