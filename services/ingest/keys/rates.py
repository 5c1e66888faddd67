"""Rates: a bucket of tokens for each publisher and process; an empty one refuses, and so does a full memory.

All keys of a publisher and all doors use the same bucket.
"""

import math
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.messages.ids import Publisher
from runtime.clock import Clock
from services.ingest.web.problems import ProblemError

WINDOW_SECONDS = 10
BYTES_A_TOKEN = 1024
PUBLISHER = "publisher"
"""Where a request's state names who sent it."""
_MOST_PUBLISHERS = 10_000


def cost(items: int, size: int) -> int:
    """Return the tokens for so many items in so many bytes: one an item, and no less than one a KiB."""
    return max(items, -(-size // BYTES_A_TOKEN), 1)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateFields:
    """An ASGI layer that adds the RateLimit fields to whatever is answered to a known publisher."""

    def __init__(self, app: ASGIApp, rates: "Rates") -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the fields."""

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start" and (who := scope.get("state", {}).get(PUBLISHER)):
                message["headers"] = [*message.get("headers", ()), *self._rates.raw_headers(who)]
            await send(message)

        await self._app(scope, receive, send_with_fields)


class Rates:
    """Buckets of `rate` tokens a second that hold those of ten seconds; `cost` says what a request takes."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._quota = rate * WINDOW_SECONDS
        policy = f'"default";q={math.floor(self._quota)};w={WINDOW_SECONDS}'
        self._policy = b"ratelimit-policy", policy.encode()
        self._clock = clock
        self._buckets: dict[Publisher | None, _Bucket] = {}

    def admit(self, publisher: Publisher | None) -> None:
        """Take one token; ProblemError 429 where there is none. None stands for all unknown callers."""
        bucket = self._bucket(publisher)
        if bucket.tokens < 1:
            wait = max(1, math.ceil((1 - bucket.tokens) / self._rate))
            raise ProblemError(429, "this publisher's rate is used up", (), {"Retry-After": str(wait)})
        bucket.tokens -= 1

    def charge(self, publisher: Publisher, tokens: int) -> float:
        """Take tokens for a request, into debt if need be; return the seconds until they are paid."""
        bucket = self._bucket(publisher)
        bucket.tokens -= tokens
        return max(0.0, -bucket.tokens / self._rate)

    def raw_headers(self, publisher: Publisher | None) -> list[tuple[bytes, bytes]]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers (08 and later): how much is left."""
        left = self._bucket(publisher).tokens
        full = math.ceil((self._quota - left) / self._rate)
        return [
            self._policy,
            (b"ratelimit", b'"default";r=%d;t=%d' % (max(0, math.floor(left)), max(0, full))),
        ]

    def _bucket(self, publisher: Publisher | None) -> _Bucket:
        now = self._clock.monotonic()
        bucket = self._buckets.get(publisher)
        if bucket is None:
            if len(self._buckets) >= _MOST_PUBLISHERS:
                self._forget(now)
            bucket = self._buckets[publisher] = _Bucket(self._quota, now)
        bucket.tokens = min(self._quota, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        return bucket

    def _forget(self, now: float) -> None:
        """Forget those whose buckets are full again; with none of them nobody new gets in."""
        full = [
            publisher
            for publisher, bucket in self._buckets.items()
            if bucket.tokens + (now - bucket.at) * self._rate >= self._quota
        ]
        for publisher in full:
            del self._buckets[publisher]
        if not full:
            raise ProblemError(429, "too many callers at once", (), {"Retry-After": str(WINDOW_SECONDS)})
