"""The work that only the owner of a messenger account does: it sends, and it listens to citizens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from runtime.database.lease import Lease
from runtime.logs import logger
from services.notifier.delivery.sending.sender import Sender, Tools
from services.notifier.metrics import AccountMetrics

LOG = logger(__name__)


@dataclass(frozen=True)
class Owner:
    """What is done during a tenure.

    `listen` sees to it that what citizens do reaches us, until stopped; `introduce` tells the messenger who
    we are, and whether that worked.
    """

    tools: Tools
    listen: Callable[[asyncio.Event], Awaitable[None]]
    lease: Lease
    metrics: AccountMetrics
    introduce: Callable[[], Awaitable[bool]]

    async def hold(self, stop: asyncio.Event) -> None:
        """Stand by for the lease and serve whenever it is held, until stopped."""
        await self.lease.while_held(lambda: self._serve(stop), stop)

    async def _serve(self, stop: asyncio.Event) -> None:
        token = self.lease.token
        if token is None:
            return
        self.metrics.lease_held.set(1)
        try:
            async with asyncio.TaskGroup() as group:
                helpers = [
                    group.create_task(self._listen(stop)),
                    group.create_task(self._introduce()),
                    group.create_task(self.tools.health.keep(stop)),
                ]
                await Sender(self.tools, self.lease, token).run(stop)
                if not stop.is_set():
                    for helper in helpers:
                        helper.cancel()
        finally:
            # What only an owner learns of its account: the next one says it anew.
            for gauge in (
                self.metrics.lease_held,
                self.metrics.account_down,
                self.metrics.circuit_open,
                self.metrics.paused_until,
            ):
                gauge.set(0)

    async def _listen(self, stop: asyncio.Event) -> None:
        await self.listen(stop)

    async def _introduce(self) -> None:
        if not await self.introduce():
            LOG.warning("the descriptions and commands of the bot could not all be set")
