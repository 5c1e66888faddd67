"""What the provider tells its customer: signed posts to the door that came with the last text, until 200."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

from runtime.clock import Clock
from sandbox.sms.model import Json

SIGNATURE = "X-Gateway-Signature"
_AT_ONCE = 20


@dataclass(frozen=True)
class Retries:
    """Seconds: between two posts of the same, how long they go on, how long an answer may take."""

    pause: float = 1.0
    for_seconds: float = 600.0
    answer_within: float = 10.0


@dataclass
class Record:
    """One thing that was told, the statuses that came back, and whether it was taken in the end."""

    body: Json
    attempts: list[int | None] = field(default_factory=list)
    taken: bool = False


class Reports:
    """Posts what is told, in order of telling, several at once."""

    def __init__(self, key: str, door: Callable[[], str | None], retries: Retries, clock: Clock) -> None:
        self._key = key
        self._door = door
        self._retries = retries
        self._clock = clock
        self._waiting: asyncio.Queue[Record] = asyncio.Queue()
        self.record: list[Record] = []

    def tell(self, body: Json) -> None:
        """Have something told."""
        record = Record(body)
        self.record.append(record)
        self._waiting.put_nowait(record)

    def reset(self) -> None:
        """Forget what was told and what waits."""
        self.record.clear()
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def run(self) -> None:
        """Post until cancelled."""
        within = aiohttp.ClientTimeout(total=self._retries.answer_within)
        async with aiohttp.ClientSession(timeout=within) as session, asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work(session))

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            record = await self._waiting.get()
            until = self._clock.monotonic() + self._retries.for_seconds
            while not record.taken and self._clock.monotonic() < until:
                await self._attempt(session, record)
                if not record.taken:
                    await self._clock.sleep(self._retries.pause)

    async def _attempt(self, session: aiohttp.ClientSession, record: Record) -> None:
        door = self._door()
        status: int | None = None
        if door is not None:
            raw = json.dumps(record.body, ensure_ascii=False).encode()
            headers = {"Content-Type": "application/json", SIGNATURE: signature(self._key, raw)}
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with session.post(door, data=raw, headers=headers, allow_redirects=False) as response:
                    status = response.status
        record.attempts.append(status)
        record.taken = status == HTTPStatus.OK


def signature(key: str, body: bytes) -> str:
    """Return what the header of a post says: hexadecimal HMAC-SHA256 of the body."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
