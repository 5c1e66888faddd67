-- astray: open notices of the ledger that are not in the notifier's queue, or have ended there
SELECT n.notice_id, d.id IS NULL AS unknown
FROM tracker.notice n LEFT JOIN notifier.delivery d ON d.id = n.notice_id
WHERE n.ended_as IS NULL AND (d.id IS NULL OR d.ended_at IS NOT NULL);
