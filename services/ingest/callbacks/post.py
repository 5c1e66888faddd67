"""One signed request to a receiver, by the rules of Standard Webhooks, and how it ended.

What can go wrong at the other side stays there: every time is bounded, of the answer no more than a little
is read, redirects are not followed, and addresses inside our own network are refused at the moment of the
connection, whatever name they were found under.
"""

import asyncio
import base64
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from importlib.metadata import version

import aiohttp
from standardwebhooks import Webhook

from runtime.crypto import derive, keyed_hash
from runtime.logs import logger
from services.ingest.domain.callbacks import Delivered, End, Failed, Gone, Why, forbidden

LOG = logger(__name__)
SALT_BYTES = 16
WAIT_SECONDS = 15.0
_CONNECT_SECONDS = 5.0
_MOST_READ = 16_384
_SUCCESS = range(200, 300)


class ForbiddenAddressError(OSError):
    """The receiver's name leads to an address that is not public."""


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

    def __init__(self, session: aiohttp.ClientSession, wait: float) -> None:
        self._session = session
        self._wait = wait

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> End:
        """Post once; never raises for what the receiver or the network does."""
        try:
            async with (
                asyncio.timeout(self._wait),
                self._session.post(
                    url, data=body.encode(), headers=headers, allow_redirects=False
                ) as response,
            ):
                # Read a little, so that the connection can be used again where the answer is short.
                await response.content.read(_MOST_READ)
                return _end(response)
        except TimeoutError:
            return Failed(Why.TIME_OUT)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ForbiddenAddressError):
                return Failed(Why.FORBIDDEN)
            LOG.info("a receiver was not reached", error=type(error).__name__)
            return Failed(Why.UNREACHABLE)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # A ValueError is a URL that the client cannot use. What any of them says could show the URL.
            LOG.info("a receiver was not reached", error=type(error).__name__)
            return Failed(Why.UNREACHABLE)


def _end(response: aiohttp.ClientResponse) -> End:
    if response.status in _SUCCESS:
        return Delivered(response.status)
    if response.status == Gone().status:
        return Gone()
    wait = response.headers.get("Retry-After", "")
    asked = timedelta(seconds=int(wait)) if wait.isdecimal() and len(wait) < len("1000000") else None
    return Failed(Why.STATUS, response.status, asked)


@asynccontextmanager
async def open_poster(*, private: bool, wait: float = WAIT_SECONDS) -> AsyncIterator[Poster]:
    """Open a poster; with `private` it may also reach addresses that are not public. `wait` is in seconds."""
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
        yield Poster(session, wait)


def socket_of(info: aiohttp.AddrInfoType) -> socket.socket:
    """Return a socket for an address."""
    return socket.socket(*info[:3])


def public_socket(info: aiohttp.AddrInfoType) -> socket.socket:
    """Return a socket for an address; ForbiddenAddressError where it is not public."""
    if forbidden(str(info[4][0])):
        raise ForbiddenAddressError("the address is not public")
    return socket_of(info)
