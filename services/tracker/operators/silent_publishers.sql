-- publishers_heard: who was heard since a time, as many as are told apart
SELECT DISTINCT publisher FROM pace WHERE hour >= $1 ORDER BY publisher LIMIT $2;

-- hours_heard: in which hours a publisher was heard since a time
SELECT DISTINCT hour FROM pace WHERE publisher = $1 AND hour >= $2;

-- heard_last: when a publisher was heard last
SELECT max(accepted_at) FROM event WHERE publisher = $1 AND withdrawn_at IS NULL;
