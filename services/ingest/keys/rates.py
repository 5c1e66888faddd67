"""Rates: a bucket of tokens for each key and process; an empty bucket refuses, and so does a full memory."""

import math
from dataclasses import dataclass
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.clock import Clock
from services.ingest.web.problems import ProblemError

WINDOW_SECONDS = 10
_MOST_KEYS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateFields:
    """An ASGI layer that adds the RateLimit fields to whatever is answered to a known key."""

    def __init__(self, app: ASGIApp, rates: "Rates") -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the fields."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and (key := scope.get("state", {}).get("key_id")):
                message["headers"] = [*message.get("headers", ()), *self._rates.raw_headers(key)]
            await send(message)

        await self._app(scope, receive, told)


class Rates:
    """Buckets of `rate` tokens a second that hold the tokens of ten seconds; an event costs one."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._quota = rate * WINDOW_SECONDS
        policy = f'"default";q={math.floor(self._quota)};w={WINDOW_SECONDS}'
        self._policy = b"ratelimit-policy", policy.encode()
        self._clock = clock
        self._buckets: dict[UUID | None, _Bucket] = {}

    def admit(self, key: UUID | None) -> None:
        """Take one token; ProblemError 429 where there is none. None stands for all unknown callers."""
        bucket = self._bucket(key)
        if bucket.tokens < 1:
            wait = max(1, math.ceil((1 - bucket.tokens) / self._rate))
            raise ProblemError(429, "this key's rate is used up", (), {"Retry-After": str(wait)})
        bucket.tokens -= 1

    def charge(self, key: UUID, items: int) -> float:
        """Take tokens for what a request held, into debt if need be; return the seconds until it is paid."""
        bucket = self._bucket(key)
        bucket.tokens -= items
        return max(0.0, -bucket.tokens / self._rate)

    def raw_headers(self, key: UUID | None) -> list[tuple[bytes, bytes]]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers (08 and later): how much is left."""
        left = self._bucket(key).tokens
        full = math.ceil((self._quota - left) / self._rate)
        return [
            self._policy,
            (b"ratelimit", b'"default";r=%d;t=%d' % (max(0, math.floor(left)), max(0, full))),
        ]

    def _bucket(self, key: UUID | None) -> _Bucket:
        now = self._clock.monotonic()
        found = self._buckets.get(key)
        if found is None:
            if len(self._buckets) >= _MOST_KEYS:
                self._forget(now)
            found = self._buckets[key] = _Bucket(self._quota, now)
        found.tokens = min(self._quota, found.tokens + (now - found.at) * self._rate)
        found.at = now
        return found

    def _forget(self, now: float) -> None:
        """Forget the keys whose buckets are full again; with none of them nobody new gets in."""
        full = [
            key
            for key, one in self._buckets.items()
            if one.tokens + (now - one.at) * self._rate >= self._quota
        ]
        for key in full:
            del self._buckets[key]
        if not full:
            raise ProblemError(429, "too many callers at once", (), {"Retry-After": str(WINDOW_SECONDS)})
