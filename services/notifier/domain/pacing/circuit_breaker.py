"""When to leave a messenger alone that does not work: by the share of calls that failed or were slow.

A single error stops nothing. No clock is read here: `now` is monotonic seconds, and never goes back.
"""

import math
from collections import deque
from dataclasses import dataclass

UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Terms:
    """What counts as not working; times in seconds, shares from 0 to 1.

    It is not working when of the calls that ended within `window`, `least` or more, at least `share` were
    bad: failed or took `slow` or longer. Then nothing is sent for `pause`, which doubles up to `longest`
    each time that the single call after it is bad as well.
    """

    window: float = 30.0
    least: int = 20
    share: float = 0.5
    slow: float = 8.0
    pause: float = 5.0
    longest: float = 60.0


@dataclass
class _Second:
    """What ended within one second."""

    at: int
    calls: int = 0
    bad: int = 0


class Breaker:
    """Counts ends of calls and says how many may be begun."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._seconds: deque[_Second] = deque()
        self._pause = 0.0
        self._shut_until = -math.inf
        self._trying = False

    @property
    def broken(self) -> bool:
        """Tell whether the messenger counts as not working."""
        return self._pause > 0

    def allowed(self, now: float) -> int:
        """Return how many calls may be begun: any number, one to try, or none."""
        if not self.broken:
            return UNLIMITED
        return 1 if now >= self._shut_until else 0

    def wait(self, now: float) -> float:
        """Return the seconds until a call may be begun."""
        return max(0.0, self._shut_until - now) if self.broken else 0.0

    def begun(self, now: float) -> None:
        """Note that calls are made; while it is broken this is the one that tries."""
        if self.broken:
            self._trying = True
            # Where nothing is heard of it another one tries.
            self._shut_until = now + self._pause

    def ended(self, now: float, seconds: float, *, failed: bool) -> None:
        """Note a call that ended after so many seconds."""
        bad = failed or seconds >= self._terms.slow
        if self.broken:
            if self._trying:
                self._tried(now, bad=bad)
            return
        self._count(now, bad=bad)
        calls, worse = self._sums()
        if bad and calls >= self._terms.least and worse >= self._terms.share * calls:
            self._shut(now, self._terms.pause)

    def _tried(self, now: float, *, bad: bool) -> None:
        if bad:
            self._shut(now, min(self._terms.longest, self._pause * 2))
        else:
            self._pause, self._trying = 0.0, False

    def _shut(self, now: float, pause: float) -> None:
        self._pause, self._trying = pause, False
        self._shut_until = now + pause
        self._seconds.clear()

    def _count(self, now: float, *, bad: bool) -> None:
        second = math.floor(now)
        if not self._seconds or self._seconds[-1].at != second:
            self._seconds.append(_Second(second))
        self._seconds[-1].calls += 1
        self._seconds[-1].bad += bad
        while self._seconds[0].at <= second - self._terms.window:
            self._seconds.popleft()

    def _sums(self) -> tuple[int, int]:
        return sum(second.calls for second in self._seconds), sum(second.bad for second in self._seconds)
