"""Who is calling: the bearer key, remembered for a few seconds, so that a revoked one ends soon."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request

from runtime.clock import Clock
from runtime.database.postgres import TRANSIENT, Pool
from services.ingest.keys.api_keys import ApiKey, Scope, find_key, hashed, well_formed
from services.ingest.keys.rates import PUBLISHER, Rates
from services.ingest.metrics import Metrics
from services.ingest.web.body_memory import Room
from services.ingest.web.places import Places
from services.ingest.web.problems import ProblemError, unavailable

REMEMBER_SECONDS = 5.0
TRUST_SECONDS = 60.0
PATIENCE_SECONDS = 2.0
"""How long a look-up may take where the key is trusted without it."""
UNKNOWN_RATE = 50.0
_MOST_REMEMBERED = 1000
_NO_ANSWER: tuple[type[BaseException], ...] = (*TRANSIENT, ProblemError)


@dataclass(frozen=True, slots=True)
class _Remembered:
    key: ApiKey
    until: float
    trusted: float


class Gate:
    """Lets requests in by their key; what a publisher may use up is `rates` and `room`, through any door."""

    def __init__(self, pool: Pool, clock: Clock, metrics: Metrics, rates: Rates, places: Places) -> None:
        """Take what keys are looked up by, and the places in work, of which a look-up needs one."""
        self._pool = pool
        self._clock = clock
        self._metrics = metrics
        self.rates = rates
        self.room = Room()
        self._places = places
        self._unknown = Rates(UNKNOWN_RATE, clock)
        self._remembered: dict[bytes, _Remembered] = {}
        self._looking: dict[bytes, asyncio.Task[ApiKey | None]] = {}

    async def admit(self, request: Request, scope: Scope | None) -> ApiKey:
        """Return the caller's key; ProblemError 401, 403 without the scope, 429, or 503 without the database.

        While the database is away a key is trusted for a minute after it was last looked up. The request
        remembers the key, so that whatever is answered can say what is left of its rate.
        """
        return await self.let_in(
            request.headers.get("authorization"), scope, request.scope.setdefault("state", {})
        )

    async def let_in(
        self, authorization: str | None, scope: Scope | None, state: MutableMapping[str, Any]
    ) -> ApiKey:
        """Do the same for a header's value; `state` gets the publisher once the key is known."""
        key = await self.find(authorization)
        if key is None or not key.valid_at(self._clock.now()):
            self._metrics.refused.labels("key").inc()
            raise ProblemError(
                401,
                "a valid API key is needed: Authorization: Bearer dw_...",
                (),
                {"WWW-Authenticate": "Bearer"},
            )
        state[PUBLISHER] = key.publisher
        if scope is not None and scope not in key.scopes:
            self._metrics.refused.labels("scope").inc()
            raise ProblemError(403, f"this key lacks the scope {scope}")
        try:
            self.rates.admit(key.publisher)
        except ProblemError:
            self._metrics.refused.labels("rate").inc()
            raise
        return key

    async def find(self, authorization: str | None) -> ApiKey | None:
        """Return whose key a header's value names, None for nobody's; ProblemError 429, 503 as above."""
        scheme, _, secret = (authorization or "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not well_formed(secret):
            return None
        key_hash, now = hashed(secret), self._clock.monotonic()
        remembered = self._remembered.get(key_hash)
        if remembered is not None and now < remembered.until:
            return remembered.key
        if remembered is None and key_hash not in self._looking:
            self._unknown.admit(None)
        trusted = remembered is not None and now < remembered.trusted
        try:
            async with asyncio.timeout(PATIENCE_SECONDS if trusted else None):
                key = await self._looked_up(key_hash)
        except _NO_ANSWER as error:
            if remembered is not None and trusted:
                # A database that hangs is not waited for by every request.
                until = min(now + REMEMBER_SECONDS, remembered.trusted)
                self._remembered[key_hash] = replace(remembered, until=until)
                return remembered.key
            raise unavailable("the key cannot be looked up now") from error
        if key is None:
            self._remembered.pop(key_hash, None)
        else:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key_hash] = _Remembered(key, now + REMEMBER_SECONDS, now + TRUST_SECONDS)
        return key

    async def _looked_up(self, key_hash: bytes) -> ApiKey | None:
        """Look a key up once for all who come with it meanwhile, for hundreds may."""
        looking = self._looking.get(key_hash)
        if looking is None:
            looking = asyncio.create_task(self._look_up(key_hash))
            self._looking[key_hash] = looking
            looking.add_done_callback(lambda done: self._told(key_hash, done))
        return await asyncio.shield(looking)

    async def _look_up(self, key_hash: bytes) -> ApiKey | None:
        with self._places.work.hold(None):
            return await find_key(self._pool, key_hash, self._clock.now())

    def _told(self, key_hash: bytes, done: asyncio.Task[ApiKey | None]) -> None:
        del self._looking[key_hash]
        if not done.cancelled():
            done.exception()  # whoever waited was told; there may be nobody any more
