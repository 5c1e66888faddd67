"""Who follows what: claims, subscriptions, sharing, erasure, retention, and what people may ask."""
