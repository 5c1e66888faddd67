"""Removes outcomes that are older than the agency keeps, a few at a time, by one process at a time."""

import asyncio
from datetime import timedelta

from runtime import sql
from runtime.clock import Clock
from runtime.lease import Lease
from runtime.logs import logger
from runtime.postgres import TRANSIENT, Pool
from services.ingest.metrics import Metrics

LOG = logger(__name__)
SQL = sql.load("services.ingest")
ROLE = "purge"
BATCH = 1000
EVERY_SECONDS = 3600.0


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
        await self._lease.while_held(lambda: self._work(stop), stop)

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                gone = await self.once()
            except TRANSIENT as error:
                LOG.warning("the purge waits for the database", error=repr(error))
                gone = 0
            if gone < BATCH:
                await _pause(stop, EVERY_SECONDS)

    async def once(self) -> int:
        """Remove one batch of the oldest; return how many that were."""
        token = self._lease.token
        if token is None:
            return 0
        before = self._clock.now() - self._keep
        gone: int = await self._pool.fetchval(SQL["purge"], before, BATCH, ROLE, token)
        self._metrics.purged.inc(gone)
        return gone


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
