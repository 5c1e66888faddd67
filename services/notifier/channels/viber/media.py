"""Pictures that citizens sent: Viber tells where they are, and whoever can post to us could tell anything.

So only public addresses are connected to, whatever name leads there, and only by https; a place that a
picture has moved to is looked at in the same way. The API's own host is believed: it is ours to choose, and
in the sandbox it is this machine.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from yarl import URL

from runtime.public_addresses import ForbiddenAddressError, public_socket
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.http_calls import Timeouts, at_most, kind, new_session

_MOST_MOVES = 3
_CONNECTIONS = 8
_MOVED = (
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
)


@dataclass(frozen=True)
class Media:
    """Fetches pictures; made by `open_media`. `trusted` is a session for the API's own host, `base`."""

    public: aiohttp.ClientSession
    trusted: aiohttp.ClientSession
    base: URL
    timeouts: Timeouts

    async def download(self, url: str, most: int) -> bytes | None:
        """Return what stands at an address; None where that is gone, too long or no place for pictures.

        Raises ChannelDownError, which does not hold the address.
        """
        try:
            place: URL | None = URL(url)
        except ValueError:
            return None
        for _ in range(_MOST_MOVES + 1):
            session = None if place is None else self._session(place)
            if session is None or place is None:
                return None
            found = await self._get(session, place, most)
            if not isinstance(found, _Moved):
                return found
            place = found.place
        return None

    def _session(self, place: URL) -> aiohttp.ClientSession | None:
        # By the same reading of an address as the one that the call is made by.
        if not place.absolute or place.scheme not in ("http", "https"):
            return None
        if place.origin() == self.base.origin():
            return self.trusted
        return self.public if place.scheme == "https" else None

    async def _get(self, session: aiohttp.ClientSession, place: URL, most: int) -> "bytes | _Moved | None":
        connect, read = self.timeouts.connect, self.timeouts.read
        limits = aiohttp.ClientTimeout(total=connect + read, connect=connect, sock_read=read)
        try:
            async with session.get(place, timeout=limits, allow_redirects=False) as response:
                if response.status in _MOVED:
                    return _Moved(_moved(place, response.headers.get("Location", "")))
                if response.status == HTTPStatus.OK:
                    content = await at_most(response.content, most + 1)
                    return content if len(content) <= most else None
                if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return None
                failure = f"HTTP {response.status}"
        except UnicodeError:  # of a name that no host can have
            return None
        except (aiohttp.ClientError, OSError) as error:
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            if isinstance(cause, ForbiddenAddressError | aiohttp.InvalidURL):
                return None
            failure = kind(error)
        # Outside of `except`, for what aiohttp raises holds the address.
        raise ChannelDownError(failure)


@dataclass(frozen=True)
class _Moved:
    """The picture stands elsewhere; None: nowhere that could be looked at."""

    place: URL | None


@asynccontextmanager
async def open_media(trusted: aiohttp.ClientSession, base: str, timeouts: Timeouts) -> AsyncIterator[Media]:
    """Open the fetching of pictures for the length of the block."""
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS, socket_factory=public_socket)
    async with new_session(connector) as public:
        yield Media(public, trusted, URL(base), timeouts)


def _moved(place: URL, location: str) -> URL | None:
    try:
        return place.join(URL(location)) if location else None
    except ValueError:
        return None
