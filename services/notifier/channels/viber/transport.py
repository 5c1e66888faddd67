"""Calls of Viber's REST API over aiohttp: kept-alive connections, and no doubt about what was sent.

Failing to get a connection (pool, DNS, TCP, TLS) is not sent; whatever breaks after that may have been sent,
unless a whole answer says what came of it. The token travels in a header and stands in no address, result or
error; failures name only their kind.
"""

import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.metadata import version

import aiohttp
import orjson

from services.notifier.domain.results import NotSent, Permanent, Throttled, Unknown

_LONGEST_ANSWER = 256 * 1024
# UnicodeError: of a name that no host can have.
_UNCONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    UnicodeError,
)
_SHORTEST_WAIT, _LONGEST_WAIT = 1.0, 3600.0


@dataclass(frozen=True)
class Timeouts:
    """Seconds: `connect` until a connection is there, `read` until the answer is."""

    connect: float = 5.0
    read: float = 10.0


@dataclass(frozen=True)
class Answered:
    """A whole answer: Viber's status, 0 where it did what was asked, and all fields of the answer."""

    status: int
    fields: Mapping[str, object] = field(default_factory=dict)


Reply = Answered | NotSent | Unknown | Throttled | Permanent


@dataclass(frozen=True)
class Api:
    """One account's calls over a session; made by `open_api`."""

    session: aiohttp.ClientSession
    base: str
    token: str = field(repr=False)
    timeouts: Timeouts

    async def call(self, method: str, body: bytes, read: float | None = None) -> Reply:
        """Call a method with JSON; raises nothing for what Viber or the network does.

        `read` is how many seconds the answer may take where that is not as usual.
        """
        connect, wait = self.timeouts.connect, self.timeouts.read if read is None else read
        # The whole lasts no longer than its parts, however slowly the answer trickles in.
        limits = aiohttp.ClientTimeout(total=connect + wait + 1, connect=connect, sock_read=wait)
        headers = {"X-Viber-Auth-Token": self.token, "Content-Type": "application/json"}
        try:
            async with self.session.post(
                f"{self.base}/pa/{method}", data=body, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                content = await at_most(response.content, _LONGEST_ANSWER + 1)
        except _UNCONNECTED as error:
            return NotSent(kind(error))
        except TimeoutError:
            return Unknown("no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Unknown(kind(error))
        return _read(response.status, response.headers.get("Retry-After"), content)


@asynccontextmanager
async def open_api(token: str, api_url: str, timeouts: Timeouts, connections: int) -> AsyncIterator[Api]:
    """Open an account's calls for the length of the block; `connections` bounds how many run at once."""
    # Kept shorter than servers keep idle connections, so that hardly a call meets a dying one.
    connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=15)
    async with new_session(connector) as session:
        yield Api(session, api_url.rstrip("/"), token, timeouts)


def new_session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Return a session that keeps no cookies and unpacks nothing: what comes is as long as it looks."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"User-Agent": f"docwatch/{version('docwatch')}", "Accept-Encoding": "identity"},
    )


async def at_most(content: aiohttp.StreamReader, most: int) -> bytes:
    """Return what there is to read, and of a longer body its beginning."""
    body = bytearray()
    while len(body) < most and (chunk := await content.read(most - len(body))):
        body += chunk
    return bytes(body)


def kind(error: BaseException) -> str:
    """Return what kind of error it is: its own words may hold an address."""
    number = error.errno if isinstance(error, OSError) else None
    return type(error).__name__ if number is None else f"{type(error).__name__} ({number})"


def _read(http: int, retry_after: str | None, content: bytes) -> Reply:
    if len(content) > _LONGEST_ANSWER:
        return Unknown("an answer without end")
    fields = _object(content)
    status = None if fields is None else fields.get("status")
    # Behind a fault of the server nothing is sure, and only an answer that is whole and well says "done".
    if http < HTTPStatus.INTERNAL_SERVER_ERROR and fields is not None and type(status) is int:
        return Answered(status, fields) if status or http == HTTPStatus.OK else Unknown(f"HTTP {http}")
    if http == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(_wait(retry_after), "account")
    if http == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Permanent("too_long", f"HTTP {http}")
    return Unknown(f"HTTP {http}" if fields is not None else f"HTTP {http} without JSON")


def _object(content: bytes) -> Mapping[str, object] | None:
    try:
        parsed = orjson.loads(content)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _wait(retry_after: str | None) -> float:
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return _SHORTEST_WAIT
    return min(max(_SHORTEST_WAIT, seconds), _LONGEST_WAIT) if math.isfinite(seconds) else _SHORTEST_WAIT
