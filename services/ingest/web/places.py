"""What requests share in one process: places, of which no key gets them all.

A key may hold as much as it leaves free. So one alone has at most half, two that take all they can get have a
third each, and whoever comes newly finds something.
"""

import asyncio
from types import TracebackType
from uuid import UUID

from services.ingest.web.problems import ProblemError, unavailable

REFUSED_SECONDS = 1.0
MOST_IN_WORK = 512
"""While a server hangs each waits for seconds, and what would pile up is work for seconds afterwards."""


class Shares:
    """So many of something, divided among keys; None stands for all callers whose key is not known yet."""

    def __init__(self, whole: int, what: str) -> None:
        """Take how many there are, and what the answer says of which there are too many."""
        self._free = whole
        self._what = what
        self._held: dict[UUID | None, int] = {}

    def hold(self, key: UUID | None) -> "Held":
        """Return what holds one for a block; ProblemError 503 where there is none for the key."""
        held = self._held.get(key, 0) + 1
        if held > self._free:
            raise unavailable(f"too many {self._what}")
        self._held[key] = held
        self._free -= 1
        return Held(self, key)

    def give_back(self, key: UUID | None) -> None:
        """Have one free again."""
        self._free += 1
        left = self._held[key] - 1
        if left:
            self._held[key] = left
        else:
            del self._held[key]


class Held:
    """One that is held until the end of a block."""

    __slots__ = ("_key", "_shares")

    def __init__(self, shares: Shares, key: UUID | None) -> None:
        self._shares, self._key = shares, key

    def __enter__(self) -> None:
        """Begin; it is held already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        self._shares.give_back(self._key)


class Places:
    """Places for requests that are in work, and for those whose bodies are still on their way."""

    def __init__(self, most: int = MOST_IN_WORK) -> None:
        self.work = Shares(most, "requests are in work")
        self.bodies = Shares(most, "bodies are on their way")

    async def for_body(self, key: UUID) -> Held:
        """Return what holds a place for a body on its way; ProblemError 503, a second later.

        Whoever has more bodies on their way than its share comes again at once: refused at once, it would
        keep the process busy with connections.
        """
        try:
            return self.bodies.hold(key)
        except ProblemError:
            await asyncio.sleep(REFUSED_SECONDS)
            raise
