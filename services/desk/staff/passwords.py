"""Passwords: hashed by argon2id beside the event loop, a few at a time.

Who comes from a browser that is known has a lane of their own, so that no flood of others keeps them out.
Exception: BusyError.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

T = TypeVar("T")
WAITING = 20
"""So many wait for a lane; each takes some hundredths of a second."""
_GUESSABLE = 3
"""Below this score, of 4, a password falls to who has its hash, or to a patient guesser."""
_LOOKED_AT = 24
"""Letters that are looked at for patterns; with more of them the work takes seconds at worst."""


class BusyError(Exception):
    """Too many passwords wait to be looked at."""


@dataclass
class _Lane:
    pool: ThreadPoolExecutor
    waiting: int = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self.waiting >= WAITING:
            raise BusyError
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, work)
        finally:
            self.waiting -= 1


def _lane() -> _Lane:
    return _Lane(ThreadPoolExecutor(1, "password"))


def usual_hasher() -> PasswordHasher:
    """Return the hasher of all that is stored: 32 MiB, two passes."""
    return PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)


@dataclass
class Passwords:
    """Hashes for one process."""

    hasher: PasswordHasher = field(default_factory=usual_hasher)
    _known: _Lane = field(default_factory=_lane)
    _others: _Lane = field(default_factory=_lane)
    _nobody: str = ""

    async def hash(self, password: str) -> str:
        """Return what to keep of a password."""
        return await self._known.run(lambda: self.hasher.hash(password))

    async def right(self, kept: str | None, password: str, *, known: bool) -> bool:
        """Tell whether a password is the one that is kept; without one it takes as long and never is.

        Raises BusyError.
        """
        if not self._nobody:
            self._nobody = await self._others.run(lambda: self.hasher.hash("nobody has this password"))
        against = kept or self._nobody

        def verify() -> bool:
            try:
                return self.hasher.verify(against, password)
            except (VerificationError, InvalidHashError):
                return False

        found = await (self._known if known else self._others).run(verify)
        return found and kept is not None

    def outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other costs than those of now."""
        return self.hasher.check_needs_rehash(kept)

    async def guessable(self, password: str, *words: str) -> bool:
        """Tell whether a password is among the first that a guesser tries who knows these words."""

        def look() -> bool:
            score: int = zxcvbn(password[:_LOOKED_AT], user_inputs=list(words))["score"]
            return score < _GUESSABLE

        return await self._known.run(look)

    def close(self) -> None:
        """End the threads; what waits is dropped."""
        for lane in (self._known, self._others):
            lane.pool.shutdown(wait=False, cancel_futures=True)
