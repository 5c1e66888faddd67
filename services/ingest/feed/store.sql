-- read_feed: how far the stream of outcomes is copied
SELECT epoch, stream_created, sequence FROM feed;

-- advance_feed: move the checkpoint on from where it was read, under the lease; nothing where another did
UPDATE feed SET epoch = $3, stream_created = $4, sequence = $5
WHERE epoch = $1 AND sequence = $2
AND EXISTS (SELECT FROM lease WHERE role = $6 AND token = $7 AND expires_at > clock_timestamp())
RETURNING epoch;

-- goes_on: the stream has another creation and is the same, as far as it was copied
UPDATE feed SET stream_created = $2 WHERE stream_created = $1 AND sequence <= $3;

-- add_outcomes: store outcomes in stream order; a message that the stream holds twice is one outcome
INSERT INTO outcome (epoch, sequence, message_id, publisher, event_id, kind, body)
SELECT $1, new.sequence, new.message_id, new.publisher, new.event_id, new.kind, new.body
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS new (sequence, message_id, publisher, event_id, kind, body)
ORDER BY new.sequence
ON CONFLICT (message_id) DO NOTHING;

-- outcomes_after: what became of a publisher's events after a place in the feed, in order
SELECT epoch, sequence, kind, body
FROM outcome
WHERE publisher = $1 AND (epoch, sequence) > ($2, $3)
ORDER BY epoch, sequence
LIMIT $4;

-- purged_place: the last outcome of a publisher that is gone
SELECT epoch, sequence FROM outcome_purged WHERE publisher = $1;
