"""Publishing into JetStream: many messages at once, all their acknowledgements awaited together.

Where messages wait for the disk, many of one subject go as an atomic batch (ADR-50 of NATS), which waits
once; whether they do, and how many are many, is learnt from the server. What it refuses goes one by one.

The acknowledgements of single ones come to an inbox of our own and are counted by request, for a future and a
task a message (`publish_async` of nats-py) cost more than everything else that is done for it. A message that
was not acknowledged in time is unknown, never failed. Where the connection breaks meanwhile, the stream
changes its leader, or a copy of the message is being stored, it is published again in what time is left;
what had been stored is then a duplicate.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic_core import from_json

from runtime.logs import logger
from runtime.messaging.acknowledgements import (
    AGAIN,
    AWAY,
    BROKEN,
    LATE,
    NOBODY,
    Stored,
    Unknown,
    result_of,
)
from runtime.messaging.batch_threshold import BatchThreshold, parted
from runtime.messaging.connection_state import ConnectionState

__all__ = ["Outgoing", "Stored", "StreamWriter", "Unknown"]
LOG = logger(__name__)
MESSAGE_ID = "Nats-Msg-Id"
BATCH_ID = "Nats-Batch-Id"
BATCH_SEQUENCE = "Nats-Batch-Sequence"
BATCH_COMMIT = "Nats-Batch-Commit"
MOST_IN_FLIGHT = 4000
MOST_BATCHES = 8
"""At once by one process; a server takes 50 of one stream."""
GAP_SECONDS = 2.0
"""How long the stream's way to another leader, or ours to another node, is waited for."""
_PAUSE_SECONDS = 0.05


class Outgoing(NamedTuple):
    """One message to publish; the message id makes a repeated publish harmless."""

    subject: str
    message_id: str
    payload: bytes
    headers: Mapping[str, str] = MappingProxyType({})


class _Request:
    """Messages published together: a result each, `over` when none is `left` or it is too late."""

    def __init__(self, count: int) -> None:
        self.results: list[Stored | Unknown] = [LATE] * count
        self.over = asyncio.get_running_loop().create_future()
        self.left = count

    def settle(self, index: int, result: Stored | Unknown) -> None:
        """Note the one result of a message."""
        self.results[index] = result
        self.left -= 1
        if not self.left:
            self.end()

    def broke(self) -> None:
        """Wait no longer: what was not answered yet is not answered any more."""
        self.results = [BROKEN if result is LATE else result for result in self.results]
        self.end()

    def end(self) -> None:
        """Wait no longer; what was not answered is unknown, as it was from the start."""
        if not self.over.done():
            self.over.set_result(None)


class StreamWriter:
    """Publishes many messages at once and waits for all their acknowledgements together."""

    def __init__(
        self,
        client: Client,
        state: ConnectionState | None = None,
        *,
        wait: float = 5.0,
        threshold: BatchThreshold | None = None,
    ) -> None:
        self._client = client
        self._state = state or ConnectionState()
        self._wait = wait
        self._threshold = threshold or BatchThreshold()
        self._inbox: str | None = None
        self._number = 0
        self._batches = 0
        self._flying: dict[str, tuple[_Request, int]] = {}
        self._room = asyncio.Event()
        self._starting = asyncio.Lock()

    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        """Return one result a message, in order, within the time-out and soon while disconnected."""
        if not messages:
            return []
        now = asyncio.get_running_loop().time
        until = now() + self._wait
        gap = min(until, now() + GAP_SECONDS)
        if not await self._connected(until):
            return [AWAY for _ in messages]
        way = self._in_parts if self._threshold.as_batch(len(messages)) else self._singly
        results = await way(messages, until)
        while open_ := [
            index for index, one in enumerate(results) if one.__class__ is Unknown and one in AGAIN
        ]:
            why = {results[index] for index in open_}
            left = gap if why == {NOBODY} else until
            if now() >= left or not await self._state.wait_connected(left):
                break
            if BROKEN in why:
                LOG.info("the connection broke, messages are published again", count=len(open_))
            else:
                await asyncio.sleep(_PAUSE_SECONDS)
            again = await way([messages[index] for index in open_], until)
            for index, result in zip(open_, again, strict=True):
                results[index] = result
        return results

    async def _connected(self, until: float) -> bool:
        """Tell whether we are connected; what broke a moment ago is waited for."""
        if not self._client.is_connected:
            await self._state.wait_connected(min(until, self._state.broke_at + GAP_SECONDS))
        return self._client.is_connected

    async def _in_parts(self, messages: Sequence[Outgoing], until: float) -> list[Stored | Unknown]:
        """Publish messages, the many of a subject as a batch; return a result for each, in order."""
        fewest = self._threshold.fewest
        batches, others = parted([message.subject for message in messages], fewest)
        parts = [*batches, others]
        sent = [self._together([messages[index] for index in part], until) for part in batches]
        answers = await asyncio.gather(*sent, self._singly([messages[index] for index in others], until))
        results: list[Stored | Unknown] = [LATE for _ in messages]
        for part, some in zip(parts, answers, strict=True):
            for index, result in zip(part, some, strict=True):
                results[index] = result
        return results

    async def _together(self, messages: Sequence[Outgoing], until: float) -> list[Stored | Unknown]:
        """Publish messages of one subject as a batch, or one by one where that is refused."""
        if self._batches >= MOST_BATCHES:
            return await self._singly(messages, until)
        self._batches += 1
        limit = asyncio.timeout_at(until)
        broke = partial(_cut_short, limit)
        self._state.watch(broke)
        try:
            async with limit:
                last = await self._commit(messages, until)
        except TimeoutError:
            why = LATE if limit.when() == until else BROKEN
            return [why for _ in messages]
        except (nats.errors.Error, OSError, ValueError) as error:
            LOG.info("a batch was not sent, its messages go one by one", count=len(messages), why=repr(error))
            last = None
        finally:
            self._state.unwatch(broke)
            self._batches -= 1
        if last is None:
            return await self._singly(messages, until)
        return list(map(Stored, range(last - len(messages) + 1, last + 1)))

    async def _commit(self, messages: Sequence[Outgoing], until: float) -> int | None:
        """Return the last message's place in the stream; None where the server refuses the batch."""
        batch = self._client.new_inbox().rpartition(".")[2]
        *others, last = messages
        for number, message in enumerate(others, 1):
            headers = _headers(message)
            headers[BATCH_ID], headers[BATCH_SEQUENCE] = batch, str(number)
            await self._client.publish(message.subject, message.payload, headers=headers)
        answer = await self._client.request(
            last.subject,
            last.payload,
            timeout=until - asyncio.get_running_loop().time(),
            headers=_headers(last) | {BATCH_ID: batch, BATCH_SEQUENCE: str(len(messages)), BATCH_COMMIT: "1"},
        )
        ack = from_json(answer.data)
        if ack.get("count") != len(messages):
            LOG.info("a batch was refused, its messages go one by one", count=len(messages), answer=ack)
            return None
        return int(ack["seq"])

    async def _singly(self, messages: Sequence[Outgoing], until: float) -> list[Stored | Unknown]:
        if not messages:
            return []
        request, numbers = _Request(len(messages)), list[str]()
        before, batches, began = len(self._flying), self._batches, time.perf_counter()
        late = asyncio.get_running_loop().call_at(until, request.end)
        self._state.watch(request.broke)
        try:
            await self._send(request, messages, numbers)
            await request.over
            # The server takes one after the other: what was on its way before these was stored before them.
            if len(messages) >= before and not batches and all(map(_is_new, request.results)):
                self._threshold.note(before + len(messages), time.perf_counter() - began)
        finally:
            self._state.unwatch(request.broke)
            late.cancel()
            for number in numbers:
                self._flying.pop(number, None)
            self._room.set()
        return request.results

    async def _send(self, request: _Request, messages: Sequence[Outgoing], numbers: list[str]) -> None:
        """Send messages while the request is not over; `numbers` gets the one of each that is in flight."""
        try:
            inbox = self._inbox or await self._listen()
        except (nats.errors.Error, OSError) as error:
            for index in range(len(messages)):
                request.settle(index, Unknown(repr(error)))
            return
        for index, message in enumerate(messages):
            full = len(self._flying) >= MOST_IN_FLIGHT
            if request.over.done() or (full and not await self._has_room(request)):
                return
            self._number += 1
            number = str(self._number)
            numbers.append(number)
            self._flying[number] = request, index
            try:
                await self._client.publish(
                    message.subject, message.payload, reply=inbox + number, headers=_headers(message)
                )
            except (nats.errors.Error, OSError) as error:
                del self._flying[number]
                request.settle(index, Unknown(repr(error)))

    async def _has_room(self, request: _Request) -> bool:
        """Wait until one more may be in flight; return False where the request's time is over before."""
        while len(self._flying) >= MOST_IN_FLIGHT and not request.over.done():
            self._room.clear()
            room = asyncio.ensure_future(self._room.wait())
            await asyncio.wait((room, request.over), return_when=asyncio.FIRST_COMPLETED)
            room.cancel()
        return not request.over.done()

    async def _listen(self) -> str:
        async with self._starting:
            if self._inbox is None:
                inbox = f"{self._client.new_inbox()}."
                await self._client.subscribe(f"{inbox}*", cb=self._heard)
                self._inbox = inbox
        return self._inbox

    async def _heard(self, message: Msg) -> None:
        flying = self._flying.pop(message.subject.rpartition(".")[2], None)
        if flying is None:
            return  # it came too late
        request, index = flying
        request.settle(index, result_of(message))
        if len(self._flying) < MOST_IN_FLIGHT:
            self._room.set()


def _cut_short(limit: asyncio.Timeout) -> None:
    with suppress(RuntimeError):  # it is over already
        limit.reschedule(0)


def _headers(message: Outgoing) -> dict[str, str]:
    return {MESSAGE_ID: message.message_id, **message.headers}


def _is_new(result: Stored | Unknown) -> bool:
    return isinstance(result, Stored) and not result.duplicate
