"""HTTP to providers over aiohttp: kept-alive connections, bounded answers, and no doubt about what was sent.

Failing to get a connection (pool, DNS, TCP, TLS) is not sent; whatever breaks after that may have been sent.
Failures name only their kind: an error's own words may hold an address or a secret.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

import aiohttp

# UnicodeError: of a name that no host can have.
UNCONNECTED = (
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

    def limits(self, read: float | None = None) -> aiohttp.ClientTimeout:
        """Return those of one call; `read` where its answer may take another time than usual."""
        wait = self.read if read is None else read
        # The whole lasts no longer than its parts, however slowly the answer trickles in.
        return aiohttp.ClientTimeout(total=self.connect + wait + 1, connect=self.connect, sock_read=wait)


@asynccontextmanager
async def open_session(connections: int) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session for the length of the block; `connections` bounds how many calls run at once."""
    # Kept shorter than servers keep idle connections, so that hardly a call meets a dying one.
    async with new_session(aiohttp.TCPConnector(limit=connections, keepalive_timeout=15)) as session:
        yield session


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


def wait_of(retry_after: str | None) -> float:
    """Return the seconds that a `Retry-After` tells to wait, between one and an hour."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return _SHORTEST_WAIT
    return min(max(_SHORTEST_WAIT, seconds), _LONGEST_WAIT) if math.isfinite(seconds) else _SHORTEST_WAIT
