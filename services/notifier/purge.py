"""Forgets what ended long ago: deliveries with their attempts and receipts, a few at a time.

Nothing is forgotten that the stream of notices still holds, or a notice taken in again would go out again.
"""

import asyncio
from datetime import timedelta

from contracts.streams import NOTICES
from runtime import sql
from runtime.clock import Clock
from runtime.lease import Lease
from runtime.logs import logger
from runtime.postgres import TRANSIENT, Pool

LOG = logger(__name__)
SQL = sql.load("services.notifier", "purge.sql")
ROLE = "purge"
BATCH = 1000
EVERY_SECONDS = 3600.0
SHORTEST = NOTICES.max_age + timedelta(days=1)


class Purge:
    """Purges while its lease holds; `keep` is how long an ended delivery stays, 31 days at the least."""

    def __init__(self, pool: Pool, lease: Lease, clock: Clock, keep: timedelta) -> None:
        self._pool = pool
        self._lease = lease
        self._clock = clock
        self._keep = max(keep, SHORTEST)

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
        """Forget one batch of the oldest; return how many deliveries that were."""
        done = await self._pool.execute(SQL["purge"], self._clock.now() - self._keep, BATCH)
        return int(done.rpartition(" ")[2])


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
