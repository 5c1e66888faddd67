-- keep: what was shown of somebody's documents last, for when nobody can be asked
UPDATE page_session SET facts = $2, facts_key_id = $3, facts_at = clock_timestamp() WHERE id = $1;

-- kept: that, and when it was shown
SELECT facts, facts_key_id, facts_at FROM page_session WHERE id = $1 AND facts IS NOT NULL;
