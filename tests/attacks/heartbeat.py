"""How long the event loop was held: a task that only wants its turn, and measures how late it got it."""

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Self

EVERY_SECONDS = 0.005


class Heartbeat:
    """Beats in the loop of whoever enters it; `longest` is the longest hold of the loop so far, in seconds.

    What a busy machine takes from the whole process counts too: compare with a bound that allows for it.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.beats = 0
        self._last = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._last = time.monotonic()
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._count()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self._count()

    def _count(self) -> None:
        now = time.monotonic()
        self.longest = max(self.longest, now - self._last - EVERY_SECONDS)
        self.beats += 1
        self._last = now
