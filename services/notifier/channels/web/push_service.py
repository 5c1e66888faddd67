"""One post to a push service (RFC 8030), and what its answer means.

The address comes from a browser, so it is not believed: only public addresses are connected to, whatever name
leads there, by https alone, no answer is followed elsewhere, and none can hold us up for long or with much. A
service that fails again and again is left alone for a while, so that it holds up nobody else's messages.
"""

import asyncio
import contextlib
import math
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version

import aiohttp

from runtime.clock import Clock
from runtime.public_addresses import AddressInfo, ForbiddenAddressError, public_socket, socket_of
from services.notifier.domain.addresses.pushes import (
    LOOPBACK,
    Gone,
    Later,
    Outcome,
    PushSubscription,
    Refused,
    Taken,
    place_of,
)

FAILURES = 3
"""So many failures of a service in a row, and it is left alone."""
REST_SECONDS = 30.0
_KNOWN_SERVICES = 1000
_MOST_READ = 4096
_READ_SECONDS = 0.5
_SHORTEST_WAIT, _USUAL_WAIT, _LONGEST_WAIT = 1.0, 30.0, 3600.0
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_TIMES_OF_SERVERS = range(500, 600)


@dataclass(frozen=True)
class Timeouts:
    """Seconds: `connect` until a connection is there, `whole` until the answer is."""

    connect: float = 3.0
    whole: float = 6.0


class PushService:
    """Posts to whatever service a subscription names; made by `open_push_service`."""

    def __init__(self, session: aiohttp.ClientSession, timeouts: Timeouts, clock: Clock) -> None:
        self._session = session
        self._timeouts = timeouts
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def post(self, subscription: PushSubscription, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Post once; raises nothing for what the service or the network does."""
        origin = subscription.origin
        failures, until = self._failures.get(origin, (0, 0.0))
        left = until - self._clock.monotonic()
        if left > 0:
            return Later(left, "its push service fails too often")
        outcome, failed = await self._posted(subscription, body, headers)
        if failed:
            self._failures[origin] = (failures + 1, self._rest(failures + 1))
            self._failures.move_to_end(origin)
            if len(self._failures) > _KNOWN_SERVICES:
                self._failures.popitem(last=False)
        else:
            self._failures.pop(origin, None)
        return outcome

    def _rest(self, failures: int) -> float:
        return self._clock.monotonic() + REST_SECONDS if failures % FAILURES == 0 else 0.0

    async def _posted(
        self, subscription: PushSubscription, body: bytes, headers: Mapping[str, str]
    ) -> tuple[Outcome, bool]:
        """Return the outcome, and whether the service itself failed."""
        outcome: Outcome | None = None
        try:
            async with (
                asyncio.timeout(self._timeouts.whole),
                self._session.post(
                    place_of(subscription.endpoint), data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                outcome = _outcome(response.status, response.headers.get("Retry-After"), self._clock.now())
                await _read_a_little(response)
                return outcome, response.status in _TIMES_OF_SERVERS
        except TimeoutError:
            return outcome or Later(_USUAL_WAIT, "no answer in time"), outcome is None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # What any of them says could show the address; a ValueError is an address that cannot be used.
            if outcome is not None:
                return outcome, False
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            if isinstance(cause, ForbiddenAddressError):
                return Refused("its address is not public"), False
            return Later(_USUAL_WAIT, type(error).__name__), True


def _outcome(status: int, retry_after: str | None, now: datetime) -> Outcome:
    if status in range(200, 300):
        return Taken()
    if status in _GONE:
        return Gone()
    if status == HTTPStatus.TOO_MANY_REQUESTS or status in _TIMES_OF_SERVERS:
        return Later(wait_of(retry_after, now), f"HTTP {status}")
    return Refused(f"HTTP {status}")


def wait_of(retry_after: str | None, now: datetime) -> float:
    """Return how many seconds a `Retry-After` asks for, a number or a date, within bounds."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after or "") - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return _USUAL_WAIT
    return min(max(_SHORTEST_WAIT, seconds), _LONGEST_WAIT) if math.isfinite(seconds) else _USUAL_WAIT


async def _read_a_little(response: aiohttp.ClientResponse) -> None:
    """Read a short body to its end, so that the connection can be used again; with any other, close it."""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(_READ_SECONDS):
            left = _MOST_READ
            while left > 0 and (part := await response.content.read(left)):
                left -= len(part)
    if not response.content.at_eof():
        response.close()


def _public_or_this_machine(info: AddressInfo) -> socket.socket:
    return socket_of(info) if info[4][0] == LOOPBACK else public_socket(info)


@asynccontextmanager
async def open_push_service(
    clock: Clock, *, loopback: bool, timeouts: Timeouts | None = None
) -> AsyncIterator[PushService]:
    """Open what posts to push services, for the length of the block; `loopback`: also to this machine."""
    timeouts = timeouts or Timeouts()
    # No limit: a service that is slow by intent would use it up for the others. Who calls is bounded.
    connector = aiohttp.TCPConnector(
        limit=0,
        keepalive_timeout=15,
        socket_factory=_public_or_this_machine if loopback else public_socket,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeouts.whole, connect=timeouts.connect),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"User-Agent": f"docwatch/{version('docwatch')}", "Accept-Encoding": "identity"},
    ) as session:
        yield PushService(session, timeouts, clock)
