"""One signed request to a receiver, by the rules of Standard Webhooks, and how it ended.

What can go wrong at the other side stays there: every time is bounded, the head of the answer decides and no
more than a little of its body is read, redirects are not followed, and addresses inside our own network are
refused at the moment of the connection, whatever name they were found under.
"""

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version

import aiohttp
from standardwebhooks import Webhook

from runtime.clock import Clock
from runtime.crypto import derive, keyed_hash
from runtime.logs import logger
from runtime.public_addresses import ForbiddenAddressError, public_socket, socket_of
from services.ingest.domain.callbacks import (
    AttemptResult,
    Delivered,
    Failed,
    FailureReason,
    Gone,
    parsed_retry_after,
)

LOG = logger(__name__)
SALT_BYTES = 16
WAIT_SECONDS = 15.0
_CONNECT_SECONDS = 5.0
_MOST_READ = 16_384
_READ_SECONDS = 0.5
_SUCCESS = range(200, 300)


def new_salt() -> bytes:
    """Return what a new secret is derived from."""
    return secrets.token_bytes(SALT_BYTES)


def secret_of(receipt_key: bytes, publisher: str, salt: bytes) -> str:
    """Return a publisher's secret, `whsec_...`; it is derived each time and stored nowhere."""
    key = keyed_hash(derive(receipt_key, "callback"), publisher, salt.hex())
    return "whsec_" + base64.b64encode(key).decode()


def signed(message_id: str, body: str, secrets_: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the headers of a message: one signature for each live secret, so that it can be replaced."""
    signatures = [Webhook(secret).sign(message_id, now, body) for secret in secrets_]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


class Poster:
    """Posts bodies; made by `open_poster`."""

    def __init__(self, session: aiohttp.ClientSession, wait: float, clock: Clock) -> None:
        self._session = session
        self._wait = wait
        self._clock = clock

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> AttemptResult:
        """Post once; never raises for what the receiver or the network does."""
        result: AttemptResult | None = None
        try:
            async with (
                asyncio.timeout(self._wait),
                self._session.post(
                    url, data=body.encode(), headers=headers, allow_redirects=False
                ) as response,
            ):
                result = _result(response, self._clock.now())
                await _read_a_little(response)
                return result
        except TimeoutError:
            return result or Failed(FailureReason.TIME_OUT)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ForbiddenAddressError):
                return Failed(FailureReason.FORBIDDEN)
            LOG.info("a receiver was not reached", error=type(error).__name__)
            return Failed(FailureReason.UNREACHABLE)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # A ValueError is a URL that the client cannot use. What any of them says could show the URL.
            LOG.info("a receiver was not reached", error=type(error).__name__)
            return Failed(FailureReason.UNREACHABLE)


async def _read_a_little(response: aiohttp.ClientResponse) -> None:
    """Read a short body to its end, so that the connection can be used again; with any other, close it."""
    with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(_READ_SECONDS):
            left = _MOST_READ
            while left > 0 and (part := await response.content.read(left)):
                left -= len(part)
    if not response.content.at_eof():
        response.close()  # nor is the rest of our request waited for


def _result(response: aiohttp.ClientResponse, now: datetime) -> AttemptResult:
    if response.status in _SUCCESS:
        return Delivered(response.status)
    if response.status == Gone().status:
        return Gone()
    return Failed(
        FailureReason.STATUS,
        response.status,
        parsed_retry_after(response.headers.get("Retry-After", ""), now),
    )


@asynccontextmanager
async def open_poster(clock: Clock, *, private: bool, wait: float = WAIT_SECONDS) -> AsyncIterator[Poster]:
    """Open a poster; with `private` it may also reach addresses that are not public.

    `wait` is how many seconds an answer's head may take, `clock` what its `Retry-After` is measured by.
    """
    connector = aiohttp.TCPConnector(
        limit=0, limit_per_host=0, socket_factory=socket_of if private else public_socket
    )
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=wait, sock_connect=_CONNECT_SECONDS),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"docwatch/{version('docwatch')}"},
    ) as session:
        yield Poster(session, wait, clock)
