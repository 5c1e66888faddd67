-- lock_recipient: whoever acts for a recipient, forgets them or joins them waits for each other
SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0));

-- who: whom a recipient joined, and whether they are to stay forgotten; begin it only after their lock is held
SELECT (SELECT into_id FROM joined WHERE recipient_id = $1) AS into_id,
    EXISTS (SELECT FROM forgotten WHERE recipient_id = $1) AS forgotten;

-- joined_into: who else somebody is
SELECT recipient_id FROM joined WHERE into_id = $1;
