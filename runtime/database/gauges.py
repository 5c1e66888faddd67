"""Keeping gauges true that only the database knows, without the looking becoming a load of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from runtime.clock import Clock, pause
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger

LOG = logger(__name__)
SHARE = 0.01
"""The share of the time that looks may take, where they are let rest so long."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds to rest between looks: at least, and at most however long they take."""

    least: float
    most: float

    def rest(self, took: float) -> float:
        """Return the seconds to rest after a look that took so many."""
        return min(max(self.least, took / SHARE), self.most)


async def keep(
    look: Callable[[], Awaitable[object]], pace: Pace, *, clock: Clock, stop: asyncio.Event
) -> None:
    """Look until told to stop; where the database is away, again after the shortest rest."""
    while not stop.is_set():
        started = clock.monotonic()
        rest = pace.least
        try:
            await look()
            rest = pace.rest(clock.monotonic() - started)
        except TRANSIENT as error:
            LOG.warning("gauges wait for the database", error=repr(error))
        await pause(stop, rest)
