-- holds: which publishers are held, since when, by whom, and how many notices wait
SELECT h.publisher, h.since, h.held_by, h.why, h.suspected_from,
    (SELECT count(*) FROM held WHERE held.publisher = h.publisher) AS waiting
FROM hold h
ORDER BY h.since;

-- release: let a publisher's events tell people again; waits for the batches that saw the hold
DELETE FROM hold WHERE publisher = $1 RETURNING publisher;

-- approve: what a publisher sent so far is as it should be
INSERT INTO approval (publisher, at) VALUES ($1, $2)
ON CONFLICT (publisher) DO UPDATE SET at = excluded.at;

-- take_held: what waited, for the outbox
DELETE FROM held WHERE publisher = $1 RETURNING notice_id, payload;
