"""A push service of our own (RFC 8030), with the browsers that it serves: they decrypt what comes."""
