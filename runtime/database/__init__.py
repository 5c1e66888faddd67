"""PostgreSQL: the pool, named SQL, migrations, the outbox, leases, LISTEN and what is purged."""
