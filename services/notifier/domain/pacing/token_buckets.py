"""How fast we may send: a token bucket for the account and a rest for each chat, all empty at first.

No clock is read here: `now` is monotonic seconds, and never goes back.
"""

import math
from uuid import UUID

BURST_SECONDS = 0.1


class Bucket:
    """Tokens that come at a rate; at most a tenth of a second's worth, or one, is saved up.

    Counted from when it was made, no more than `burst + rate * seconds` tokens are ever given out.
    """

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self.burst = max(1.0, rate * BURST_SECONDS)
        self._tokens = 0.0
        self._at = now

    def available(self, now: float) -> int:
        """Return how many whole tokens there are; none during a pause."""
        self._fill(now)
        return 0 if now < self._at else math.floor(self._tokens + 1e-9)

    def take(self, count: int, now: float) -> None:
        """Take tokens that are available; ValueError where they are not."""
        if count > self.available(now):
            raise ValueError(f"{count} tokens are not there")
        self._tokens -= count

    def give_back(self, count: int) -> None:
        """Put back tokens that were not used."""
        self._tokens = min(self.burst, self._tokens + count)

    def pause(self, until: float) -> None:
        """Give nothing out before an instant, and save nothing up until then."""
        if until > self._at:
            self._tokens = 0.0
            self._at = until

    def wait(self, now: float) -> float:
        """Return the seconds until a token is available."""
        if self.available(now):
            return 0.0
        return max(0.0, self._at - now) + (1.0 - self._tokens) / self._rate

    def _fill(self, now: float) -> None:
        if now > self._at:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self._rate)
            self._at = now


class Rests:
    """When each chat may be written to again: at least `1 / rate` seconds after the last time.

    Nobody may be written to in the first such period, for a former owner may just have done so.
    """

    def __init__(self, rate: float, now: float) -> None:
        self._gap = 1.0 / rate
        self._opens = now + self._gap
        self._until: dict[UUID, float] = {}

    @property
    def opens(self) -> float:
        """Return when the first chat may be written to."""
        return self._opens

    def sent(self, chat: UUID, now: float) -> None:
        """Note that a chat is written to."""
        self.rest(chat, now + self._gap)

    def rest(self, chat: UUID, until: float) -> None:
        """Leave a chat alone until an instant, or longer where that was already so."""
        self._until[chat] = max(until, self._until.get(chat, until))

    def resting(self, now: float) -> dict[UUID, float]:
        """Return the chats that must be left alone, each with the instant at which it opens."""
        self._until = {chat: until for chat, until in self._until.items() if until > now}
        return self._until
