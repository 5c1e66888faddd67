-- following: active subscriptions
SELECT count(*) FROM subscription WHERE ended_at IS NULL;

-- oldest: age in seconds of the oldest notice without an end
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at))::float8, 0) FROM notice WHERE ended_as IS NULL;

-- held_publishers: who is held
SELECT publisher FROM hold;
