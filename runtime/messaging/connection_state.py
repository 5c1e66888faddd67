"""Whether the connection to NATS is whole, for those who wait for what it carries.

An acknowledgement that was on its way when the connection broke does not come any more: to wait for it until
it is late is time lost.
"""

import asyncio
from collections.abc import Callable


class ConnectionState:
    """A connection that breaks and is mended; `broke` and `mended` are called by the client."""

    def __init__(self) -> None:
        self._watchers: set[Callable[[], None]] = set()
        self._whole = asyncio.Event()
        self._whole.set()

    async def disconnected(self) -> None:
        """Tell all who watch; called with each loss of the connection."""
        self._whole.clear()
        for told in tuple(self._watchers):
            told()

    async def reconnected(self) -> None:
        """Let on all who wait; called when the connection is there again, subscriptions and all."""
        self._whole.set()

    def watch(self, told: Callable[[], None]) -> None:
        """Have a function called each time that the connection breaks, until `unwatch`; it never raises."""
        self._watchers.add(told)

    def unwatch(self, told: Callable[[], None]) -> None:
        """Have it called no longer."""
        self._watchers.discard(told)

    async def wait_connected(self, until: float) -> bool:
        """Wait for the connection, no longer than until this time of the loop; tell whether it is there."""
        try:
            async with asyncio.timeout_at(until):
                await self._whole.wait()
        except TimeoutError:
            return False
        return True
