"""Removing what is old: batch by batch, by one process at a time."""

import asyncio
from collections.abc import Awaitable, Callable

from runtime.clock import pause
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger

LOG = logger(__name__)
EVERY_SECONDS = 3600.0


async def purging(lease: Lease, once: Callable[[], Awaitable[int]], batch: int, stop: asyncio.Event) -> None:
    """Stand by for the role and purge every hour while it is ours, until told to stop.

    `once` removes at most `batch` and returns how many that were; after a full one there is no rest.
    """

    async def work() -> None:
        while not stop.is_set():
            try:
                gone = await once()
            except TRANSIENT as error:
                LOG.warning("the purge waits for the database", error=repr(error))
                gone = 0
            if gone < batch:
                await pause(stop, EVERY_SECONDS)

    await lease.while_held(work, stop)
