"""python-telegram-bot's requests over aiohttp: kept-alive connections, and no doubt about what was sent.

Failing to get a connection (pool, DNS, TCP, TLS) is NotSentError; anything after that may have been sent.
Errors are raised outside of `except` blocks and name only their kind: aiohttp's own hold the URL, and the URL
holds the token.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import aiohttp
import orjson
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from typing_extensions import override

from services.notifier.channels.telegram.errors import FloodError, NotSentError, UnreadableError

_SHORTEST_WAIT = 1.0
_LONGEST_WAIT = 86_400.0


@dataclass(frozen=True)
class Timeouts:
    """Seconds: `connect` until a connection is there, `read` until the answer is."""

    connect: float = 5.0
    read: float = 10.0


@dataclass(frozen=True, slots=True)
class PlainData:
    """The parameters of a call without files, as JSON."""

    body: bytes


class AiohttpRequest(BaseRequest):
    """One session for all calls; `connections` bounds how many run at once."""

    __slots__ = ("_connections", "_session", "_timeouts")

    def __init__(self, timeouts: Timeouts, connections: int = 64) -> None:
        self._timeouts = timeouts
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Return the seconds to wait for an answer."""
        return self._timeouts.read

    async def initialize(self) -> None:
        """Open the session; needs a running loop."""
        if self._session is None:
            # Shorter than servers keep idle connections, so that hardly a call meets a dying one.
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=15)
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=jar, headers={"User-Agent": self.USER_AGENT}
            )

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return the answer's JSON; raise UnreadableError, which says nothing of the content."""
        answer = _json_object(payload)
        if answer is None or ("result" not in answer and answer.get("ok", True)):
            raise UnreadableError("the answer is not the Bot API's JSON")
        return answer

    async def ask(self, url: str, parameters: Mapping[str, object], read_timeout: float) -> Any:  # noqa: ANN401  # any JSON
        """Call a method with plain values and return its result, past what `Bot` does with each of them.

        Raises TelegramError.
        """
        # What `post` is given for the data goes on to `do_request` as it is.
        data = cast("RequestData", PlainData(_json(parameters)))
        return await self.post(url, data, read_timeout=read_timeout)

    @override
    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | PlainData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Return status and body of an answer that is the Bot API's.

        Raises FloodError, NotSentError, UnreadableError, TimedOut (after sending) or NetworkError (a broken
        connection, after sending).
        """
        connect = _seconds(connect_timeout, self._timeouts.connect)
        read = _seconds(read_timeout, self._timeouts.read)
        # The whole lasts no longer than its parts, however slowly the answer trickles in.
        limits = aiohttp.ClientTimeout(total=connect + read + 1, connect=connect, sock_read=read)
        outcome = await self._exchange(method, url, _body(request_data), limits)
        if isinstance(outcome, TelegramError):
            raise outcome
        if outcome.status >= HTTPStatus.MULTIPLE_CHOICES:
            _check_refusal(outcome)
        return outcome.status, outcome.body

    async def download(self, url: str, most: int) -> bytes | None:
        """Return what stands at an address, None where it is longer than `most` bytes or not there any more.

        Raises TimedOut or NetworkError.
        """
        connect, read = self._timeouts.connect, self._timeouts.read
        limits = aiohttp.ClientTimeout(total=connect + read, connect=connect, sock_read=read)
        outcome = await self._exchange("GET", url, None, limits, most + 1)
        if isinstance(outcome, TelegramError):
            raise outcome
        if outcome.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NetworkError(f"HTTP {outcome.status}")
        return outcome.body if outcome.status == HTTPStatus.OK and len(outcome.body) <= most else None

    async def _exchange(
        self,
        method: str,
        url: str,
        body: aiohttp.BytesPayload | aiohttp.FormData | None,
        limits: aiohttp.ClientTimeout,
        most: int | None = None,
    ) -> "_Answer | TelegramError":
        if self._session is None:
            return NotSentError("the channel is closed")
        try:
            async with self._session.request(
                method, url, data=body, timeout=limits, allow_redirects=False
            ) as response:
                content = await (response.read() if most is None else _at_most(response.content, most))
                return _Answer(response.status, response.headers.get("Retry-After"), content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            return NotSentError(_kind(error))
        except TimeoutError:
            return TimedOut("no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return NetworkError(_kind(error))


def _json(parameters: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(parameters)
    except TypeError:  # half a character, which the Bot API refuses better than we do
        return json.dumps(parameters).encode()


def _body(data: RequestData | PlainData | None) -> aiohttp.BytesPayload | aiohttp.FormData | None:
    """Return the parameters as JSON, which costs a tenth of a form's escapes, or as a form around files."""
    if data is None:
        return None
    if isinstance(data, PlainData):
        return aiohttp.BytesPayload(data.body, content_type="application/json")
    if not data.contains_files:
        return aiohttp.BytesPayload(_json(data.parameters), content_type="application/json")
    form = aiohttp.FormData(data.json_parameters)
    for field, (name, content, media_type) in data.multipart_data.items():
        form.add_field(field, content, filename=name, content_type=media_type)
    return form


async def _at_most(content: aiohttp.StreamReader, most: int) -> bytes:
    body = bytearray()
    while len(body) < most and (chunk := await content.read(most - len(body))):
        body += chunk
    return bytes(body)


@dataclass(frozen=True)
class _Answer:
    status: int
    retry_after: str | None
    body: bytes


def _check_refusal(answer: _Answer) -> None:
    said = _json_object(answer.body)
    if said is None:
        raise UnreadableError(f"HTTP {answer.status} without JSON")
    parameters = said.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if wait is None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = answer.retry_after
    if wait is not None or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        # python-telegram-bot knows only one of the two forms.
        raise FloodError(_wait(wait))


def _wait(value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        return _SHORTEST_WAIT
    return min(max(_SHORTEST_WAIT, seconds), _LONGEST_WAIT) if math.isfinite(seconds) else _SHORTEST_WAIT


def _json_object(payload: bytes) -> dict[str, Any] | None:
    try:
        parsed = orjson.loads(payload)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _seconds(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _kind(error: BaseException) -> str:
    number = error.errno if isinstance(error, OSError) else None
    return type(error).__name__ if number is None else f"{type(error).__name__} ({number})"
