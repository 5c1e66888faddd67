"""Whether the connection to NATS is whole, for those who wait for what it carries.

An acknowledgement that was on its way when the connection broke does not come any more: to wait for it until
it is late is time lost.
"""

import asyncio
import math
from collections.abc import Callable


class ConnectionState:
    """Whether the connection is there; the client calls `disconnected` and `reconnected`.

    `broke_at` is when it was lost last, by the loop's time.
    """

    def __init__(self) -> None:
        self._watchers: set[Callable[[], None]] = set()
        self._whole = asyncio.Event()
        self._whole.set()
        self.broke_at = -math.inf

    async def disconnected(self) -> None:
        """Call all who watch; the client calls this with each loss of the connection."""
        if self._whole.is_set():
            self.broke_at = asyncio.get_running_loop().time()
        self._whole.clear()
        for callback in tuple(self._watchers):
            callback()

    async def reconnected(self) -> None:
        """Let all who wait go on; the client calls this when connection and subscriptions are back."""
        self._whole.set()

    def watch(self, callback: Callable[[], None]) -> None:
        """Have a function called each time that the connection breaks, until `unwatch`; it never raises."""
        self._watchers.add(callback)

    def unwatch(self, callback: Callable[[], None]) -> None:
        """Have it called no longer."""
        self._watchers.discard(callback)

    async def wait_connected(self, until: float) -> bool:
        """Wait for the connection, no longer than until this time of the loop; tell whether it is there."""
        try:
            async with asyncio.timeout_at(until):
                await self._whole.wait()
        except TimeoutError:
            return False
        return True
