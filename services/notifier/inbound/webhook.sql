-- forget_old_handled: marks older than the messenger repeats an update, where nothing moves the offset
DELETE FROM handled_update WHERE channel = $1 AND handled_at < clock_timestamp() - interval '3 days';
