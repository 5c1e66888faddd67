"""How a process bears accounts that fail, and those that cannot be used."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from runtime.clock import Clock, pause
from runtime.database.postgres import Pool
from runtime.logs import logger
from runtime.retry import backoff
from services.notifier.accounts import Unusable
from services.notifier.delivery.sending.health import Health
from services.notifier.metrics import Metrics

LOG = logger(__name__)
CALM_SECONDS = 60.0
"""Who worked for so long before a fault begins anew at once."""


async def surviving(
    account: str, clock: Clock, stop: asyncio.Event, work: Callable[[], Awaitable[None]]
) -> None:
    """Do an account's work until told to stop; begin anew after a fault, which must end no other account."""
    failures = 0
    while not stop.is_set():
        begun = clock.monotonic()
        try:
            await work()
        except Exception:  # whatever it is, the other accounts have nothing to do with it
            failures = 1 if clock.monotonic() - begun > CALM_SECONDS else failures + 1
            LOG.exception("an account starts anew", account=account)
            await pause(stop, backoff(failures, first=1.0, cap=CALM_SECONDS))


async def report(
    unusable: Iterable[Unusable], pool: Pool, metrics: Metrics, clock: Clock, stop: asyncio.Event
) -> None:
    """Let operators see which accounts cannot be used, and why, until told to stop."""
    async with asyncio.TaskGroup() as group:
        for account in unusable:
            LOG.error("an account cannot be used", account=account.name, reason=account.reason)
            metrics.of(account.name).account_down.set(1)
            health = Health(pool, account.name)
            health.down(clock.now(), account.reason)
            group.create_task(health.keep(stop))
        # Also where there are none: a loop that ends unasked ends the process.
        await stop.wait()
