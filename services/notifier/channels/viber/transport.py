"""Calls of Viber's REST API: no doubt about what was sent.

The token travels in a header and stands in no address, result or error.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
import orjson

from services.notifier.channels.http_calls import (
    UNCONNECTED,
    Timeouts,
    at_most,
    kind,
    open_session,
    wait_of,
)
from services.notifier.domain.results import NotSent, Permanent, Throttled, Unknown

_LONGEST_ANSWER = 256 * 1024


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
        limits = self.timeouts.limits(read)
        headers = {"X-Viber-Auth-Token": self.token, "Content-Type": "application/json"}
        try:
            async with self.session.post(
                f"{self.base}/pa/{method}", data=body, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                content = await at_most(response.content, _LONGEST_ANSWER + 1)
        except UNCONNECTED as error:
            return NotSent(kind(error))
        except TimeoutError:
            return Unknown("no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Unknown(kind(error))
        return _read(response.status, response.headers.get("Retry-After"), content)


@asynccontextmanager
async def open_api(token: str, api_url: str, timeouts: Timeouts, connections: int) -> AsyncIterator[Api]:
    """Open an account's calls for the length of the block; `connections` bounds how many run at once."""
    async with open_session(connections) as session:
        yield Api(session, api_url.rstrip("/"), token, timeouts)


def _read(http: int, retry_after: str | None, content: bytes) -> Reply:
    if len(content) > _LONGEST_ANSWER:
        return Unknown("an answer without end")
    fields = _object(content)
    status = None if fields is None else fields.get("status")
    # Behind a fault of the server nothing is sure, and only an answer that is whole and well says "done".
    if http < HTTPStatus.INTERNAL_SERVER_ERROR and fields is not None and type(status) is int:
        return Answered(status, fields) if status or http == HTTPStatus.OK else Unknown(f"HTTP {http}")
    if http == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(wait_of(retry_after), "account")
    if http == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Permanent("too_long", f"HTTP {http}")
    return Unknown(f"HTTP {http}" if fields is not None else f"HTTP {http} without JSON")


def _object(content: bytes) -> Mapping[str, object] | None:
    try:
        parsed = orjson.loads(content)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None
