"""Accounts that no notifier serves: what stands there still ends in time, and goes on where it can.

An account whose credential was taken away or cannot be used has no owner, who does that for all others.
Nothing is sent here, so an owner that comes back meanwhile finds nothing in its way.
"""

import asyncio
from collections.abc import Callable, Sequence

from runtime.clock import Clock, pause
from runtime.database import sql
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT, Pool
from runtime.logs import logger
from services.notifier.delivery.sending.attempts import Adrift, Done, attempt_of
from services.notifier.delivery.sending.queue import Queue
from services.notifier.domain import deliveries
from services.notifier.domain.results import Unknown

LOG = logger(__name__)
SQL = sql.load("services.notifier.delivery.upkeep", "unserved.sql")
ROLE = "unserved"
EVERY_SECONDS = 30.0
PATIENCE_SECONDS = 600.0
"""After so long without an owner an account is like an address that cannot be written to."""


class Unserved:
    """Looks after accounts without an owner while its lease holds.

    `accounts` are all that there may be; `queue_of` makes the queue of one for the role of this lease.
    """

    def __init__(
        self,
        pool: Pool,
        lease: Lease,
        clock: Clock,
        accounts: Sequence[str],
        queue_of: Callable[[str], Queue],
    ) -> None:
        self._pool = pool
        self._lease = lease
        self._clock = clock
        self._accounts = list(accounts)
        self._queue_of = queue_of
        self._since: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by for the role, and look again and again while it is ours, until told to stop."""

        async def work() -> None:
            self._since.clear()
            while not stop.is_set():
                try:
                    await self.once()
                except TRANSIENT as error:
                    LOG.warning("accounts without an owner wait for the database", error=repr(error))
                await pause(stop, EVERY_SECONDS)

        await self._lease.while_held(work, stop)

    async def once(self) -> None:
        """Do what is due at accounts that nobody serves now."""
        token = self._lease.token
        if token is None:
            return
        now = self._clock.monotonic()
        found = [row["name"] for row in await self._pool.fetch(SQL["unserved"], self._accounts)]
        self._since = {name: self._since.get(name, now) for name in found}
        for account, since in self._since.items():
            queue = self._queue_of(account)
            await self._take_up(queue, account, token)
            await queue.sweep(lifted=0)
            if now - since >= PATIENCE_SECONDS and (moved := await queue.leave()):
                LOG.warning("nobody serves an account; notices go on", account=account, count=moved)

    async def _take_up(self, queue: Queue, account: str, token: int) -> None:
        rows = await self._pool.fetch(SQL["adrift"], account)
        attempts = [Adrift(*attempt_of(row), ours=False) for row in rows]
        if attempts:
            LOG.warning("attempts without a maker", account=account, count=len(attempts))
            await queue.record(token, [_lost(attempt) for attempt in attempts])


def _lost(attempt: Adrift) -> Done:
    result = Unknown("the former owner of the account is gone")
    step = deliveries.step(result, attempt.flight, resend_after=0.0, backoff=float)
    return Done(attempt, result, step)
