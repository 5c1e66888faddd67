"""Deliveries: taken in, queued, sent under a lease, ended, reported, purged."""
