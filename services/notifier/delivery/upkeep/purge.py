"""Forgets what ended long ago: deliveries with their attempts and receipts, a few at a time.

Guests who did not answer what they were asked by numbers go too, and addresses that nobody confirmed in time.
Nothing is forgotten that the stream of notices still holds, or a notice taken in again would go out again.
"""

import asyncio
from datetime import timedelta

from contracts.streams import NOTICES
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.postgres import Pool, transaction
from runtime.database.purge import purging
from services.notifier.domain.addresses.confirmations import LOWEST_UPDATE
from services.notifier.recipients.guests import forget_idle
from services.notifier.recipients.last_answers import LIFE

SQL = sql.load("services.notifier.delivery.upkeep", "purge.sql")
ROLE = "purge"
BATCH, FILES = 1000, 100
"""Rows of one statement; files are large."""
SHORTEST = NOTICES.max_age + timedelta(days=1)


class Purge:
    """Purges while its lease holds; `keep` is how long an ended delivery stays, 31 days at the least.

    `talks`: how long a conversation with people of the agency does after its end.
    """

    def __init__(
        self, pool: Pool, lease: Lease, clock: Clock, keep: timedelta, talks: timedelta = SHORTEST
    ) -> None:
        self._pool = pool
        self._lease = lease
        self._clock = clock
        self._keep = max(keep, SHORTEST)
        self._talks = talks

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by for the role, and purge every hour while it is ours, until told to stop."""
        await purging(self._lease, self.once, BATCH, stop)

    async def once(self) -> int:
        """Forget one batch of the oldest of each kind; return how many rows of one kind at most."""
        async with transaction(self._pool) as connection:
            guests = await connection.fetch(SQL["stale_guests"], BATCH)
            askers = await connection.fetch(SQL["former_askers"], BATCH)
            await forget_idle(connection, [row["id"] for row in (*guests, *askers)])
        done = [
            await self._pool.execute(SQL["forget_confirmations"], BATCH),
            await self._pool.execute(SQL["forget_counts"], BATCH),
            await self._pool.execute(SQL["forget_last_answers"], LIFE, BATCH),
            await self._pool.execute(SQL["forget_handled"], LOWEST_UPDATE, BATCH),
            await self._pool.execute(SQL["forget_typing"], BATCH),
            await self._pool.execute(SQL["forget_files"], FILES),
            await self._pool.execute(SQL["forget_handovers"], self._clock.now() - self._talks, BATCH),
            await self._pool.execute(SQL["purge"], self._clock.now() - self._keep, BATCH),
        ]
        return max(int(one.rpartition(" ")[2]) for one in done)
