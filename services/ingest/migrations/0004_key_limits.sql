-- Empty means no limit. A process of an earlier version does not know the limits and lets such a key in.
ALTER TABLE api_key ADD COLUMN documents text[] CHECK (cardinality(documents) > 0);
ALTER TABLE api_key ADD COLUMN offices text[] CHECK (cardinality(offices) > 0);
