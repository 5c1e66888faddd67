"""Speaks ingest's HTTP API as a back office should: the identical request again until its fate is known.

On aiohttp, which services have anyway and which takes several times less CPU a request than httpx.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from cli.errors import CommandError
from runtime.clock import Clock, SystemClock
from runtime.retry import backoff

BATCH = "application/cloudevents-batch+json"
ANSWER_SECONDS = 30.0
_LONGEST_PAUSE = 30.0
_SERVER_ERRORS = 500
_REPEATABLE = frozenset({408, 425, 429})


class RefusedError(CommandError):
    """Ingest refused the whole request for good: sending it again changes nothing.

    `status` is HTTP's and `detail` what ingest says of it.
    """

    def __init__(self, message: str, status: int, detail: str) -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail


class UndeliveredError(CommandError):
    """No answer that says what became of the request; it may have been taken in, and may be sent again."""


@dataclass(frozen=True)
class Published:
    """Ingest's answer to a batch; items of `warnings` and `rejected` are as it wrote them."""

    accepted: int
    duplicates: int
    warnings: Sequence[Mapping[str, Any]]
    rejected: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Issued:
    """Ingest's answer to a list of receipts."""

    receipts: Sequence[Mapping[str, Any]]
    rejected: Sequence[Mapping[str, Any]]


class IngestClient:
    """An open connection to one ingest with one key; `patience` is how long (s) one request is repeated."""

    def __init__(self, url: str, key: str, *, patience: float = 120.0, clock: Clock | None = None) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._patience = patience
        self._clock = clock or SystemClock()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def publisher(self) -> str:
        """Return whom the key stands for, which every event's `source` must name."""
        answer = await self._settled("GET", "/v1/key", None, "application/json")
        return str(answer["publisher"])

    async def publish(self, events: Sequence[Mapping[str, object]]) -> Published:
        """Send a batch of CloudEvents; RefusedError, UndeliveredError.

        After a repeated sending, events that an unanswered one had brought in count as duplicates.
        """
        answer = await self._settled("POST", "/v1/events", _encoded(events), BATCH)
        return Published(answer["accepted"], answer["duplicates"], answer["warnings"], answer["rejected"])

    async def issue(self, wanted: Sequence[Mapping[str, object]]) -> Issued:
        """Ask for receipts, `{"receipt_id","application_number","document_type"}` each."""
        return Issued(**await self._settled("POST", "/v1/receipts", _encoded(wanted), "application/json"))

    async def _settled(self, method: str, path: str, body: bytes | None, kind: str) -> dict[str, Any]:
        deadline = self._clock.monotonic() + self._patience
        attempt = 0
        while True:
            attempt += 1
            answer = await self._once(method, path, body, kind)
            if not isinstance(answer, _Unanswered):
                return answer
            asked = min(answer.after, _LONGEST_PAUSE)
            pause = max(asked, backoff(attempt, first=0.25, cap=10.0))
            if self._clock.monotonic() + pause > deadline:
                raise UndeliveredError(f"{self._url}{path}: {answer.why}; tried {attempt} times")
            await self._clock.sleep(pause)

    async def _once(
        self, method: str, path: str, body: bytes | None, kind: str
    ) -> "dict[str, Any] | _Unanswered":
        if self._session is None:
            raise RuntimeError("an IngestClient is used inside `async with`")
        try:
            async with self._session.request(
                method, self._url + path, data=body, headers={"Content-Type": kind}
            ) as answer:
                text = await answer.text()
                if answer.ok:
                    document: dict[str, Any] = json.loads(text)
                    return document
                why = f"{answer.status} {_detail(text)}"
                if answer.status >= _SERVER_ERRORS or answer.status in _REPEATABLE:
                    return _Unanswered(why, _seconds(answer.headers.get("Retry-After")))
        except (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError) as error:
            return _Unanswered(f"{type(error).__name__}: {error}", 0.0)
        raise RefusedError(f"{self._url}{path} refuses: {why}", answer.status, _detail(text))


@dataclass(frozen=True)
class _Unanswered:
    """The request's fate is unknown: why, and after how many seconds the server wants it again."""

    why: str
    after: float


def _encoded(items: Sequence[Mapping[str, object]]) -> bytes:
    return json.dumps(list(items), ensure_ascii=False).encode()


def _detail(text: str) -> str:
    try:
        problem = json.loads(text)
    except json.JSONDecodeError:
        return text[:200]
    return str(problem.get("detail", text[:200])) if isinstance(problem, dict) else text[:200]


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else 0.0
