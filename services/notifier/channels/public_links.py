"""Watches whether the links on receipts still lead to this bot: its public name may change or be lost."""

import asyncio
from typing import Protocol

from runtime.clock import pause
from runtime.logs import logger
from services.notifier.metrics import AccountMetrics

LOG = logger(__name__)
EVERY_SECONDS = 600.0


class Named(Protocol):
    """An account that knows its public name."""

    async def published_name(self) -> str | None:
        """Return the name; None where it is not told. Called every ten minutes; raises nothing."""
        ...


async def watch(account: Named, published: str | None, metrics: AccountMetrics, stop: asyncio.Event) -> None:
    """Compare the account's name with the published one now and then, until told to stop."""
    while published is not None and not stop.is_set():
        await look(account, published, metrics)
        await pause(stop, EVERY_SECONDS)
    await stop.wait()


async def look(account: Named, published: str, metrics: AccountMetrics) -> None:
    """Compare once; where the messenger does not say, what was known stands."""
    name = await account.published_name()
    if name is None:
        return
    dead = name.lower() != published.lower()
    metrics.link_dead.set(dead)
    if dead:
        LOG.error("the links on receipts do not lead to this bot", published=published, name=name)
