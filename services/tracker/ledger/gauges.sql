-- following: active subscriptions
SELECT count(*) FROM subscription WHERE ended_at IS NULL;

-- oldest: age in seconds of the oldest notice without an end
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at))::float8, 0) FROM notice WHERE ended_as IS NULL;

-- put_aside: messages without effect about which nothing was done yet, by why
SELECT effect, count(*) FROM set_aside WHERE settled_at IS NULL AND effect <> 'duplicate' GROUP BY effect;

-- held_publishers: who is held
SELECT publisher FROM hold;
