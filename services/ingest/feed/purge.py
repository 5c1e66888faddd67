"""Removes outcomes that are older than the agency keeps, a few at a time, by one process at a time."""

import asyncio
from datetime import timedelta

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from runtime.database.purge import purging
from services.ingest.metrics import Metrics

SQL = sql.load("services.ingest.feed", "purge.sql")
ROLE = "purge"
BATCH = 1000


class Purge:
    """Purges while its lease holds; `keep` is how long an outcome can be read."""

    def __init__(self, pool: Pool, lease: Lease, clock: Clock, metrics: Metrics, keep: timedelta) -> None:
        self._pool = pool
        self._lease = lease
        self._clock = clock
        self._metrics = metrics
        self._keep = keep

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by for the role, and purge every hour while it is ours, until told to stop."""
        await purging(self._lease, self.once, BATCH, stop)

    async def once(self) -> int:
        """Remove one batch of the oldest; return how many that were."""
        token = self._lease.token
        if token is None:
            return 0
        before = self._clock.now() - self._keep
        gone: int = await self._pool.fetchval(SQL["purge"], before, BATCH, ROLE, token)
        self._metrics.purged.inc(gone)
        return gone
