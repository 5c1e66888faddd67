"""How long the event loop was held: a task that only wants its turn, and measures how late it got it."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

EVERY_SECONDS = 0.005
T = TypeVar("T")


class Heartbeat:
    """Beats in the loop of whoever enters it; `longest` is the longest hold of the loop so far, in seconds.

    The time for which a busy machine gave the thread no core does not count, where the system tells it.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.beats = 0
        self._last = 0.0
        self._waited = 0.0
        self._thread = Path()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._thread = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._last, self._waited = time.monotonic(), self._without_core()
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
            await asyncio.sleep(EVERY_SECONDS)  # the beat itself
            self._count()

    def _count(self) -> None:
        now, waited = time.monotonic(), self._without_core()
        held = now - self._last - EVERY_SECONDS - (waited - self._waited)
        self.longest = max(self.longest, held)
        self.beats += 1
        self._last, self._waited = now, waited

    def _without_core(self) -> float:
        """Return the seconds for which the thread was ready to run and no core was free."""
        try:
            return int(self._thread.read_text("ascii").split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0


async def calm(attack: Callable[[], Awaitable[T]], *, bar: float = 0.25, tries: int = 3) -> tuple[T, float]:
    """Return what an attack ends in and how long it held the loop, the least of some tries.

    A machine with other work holds a loop up now and then; an attack that works does so each time.
    """
    async with Heartbeat() as heart:
        found = await attack()
    if heart.longest < bar or tries == 1:
        return found, heart.longest
    found, least = await calm(attack, bar=bar, tries=tries - 1)
    return found, min(least, heart.longest)
