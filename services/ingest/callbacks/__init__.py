"""Outcomes posted to the publishers that want them: signed, in order, at least once."""
