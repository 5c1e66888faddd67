"""Publishing into JetStream: many messages at once, all their acknowledgements awaited together.

The acknowledgements come to an inbox of our own and are counted by request, for a future and a task a message
(`publish_async` of nats-py) cost more than everything else that is done for it. A message that was not
acknowledged in time is unknown, never failed: the server may have stored it, and still may.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic_core import from_json

MESSAGE_ID = "Nats-Msg-Id"
MOST_IN_FLIGHT = 4000
_NO_RESPONDERS = "503"


class Outgoing(NamedTuple):
    """One message to publish; the message id makes a repeated publish harmless."""

    subject: str
    message_id: str
    payload: bytes
    headers: Mapping[str, str] = MappingProxyType({})


class Stored(NamedTuple):
    """The stream has it, and had it before where `duplicate` is set."""

    sequence: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """No acknowledgement: the message may or may not be in the stream; publish it again unchanged."""

    why: str


_LATE = Unknown("no acknowledgement in time")
_AWAY = Unknown("not connected to NATS")


class _Request:
    """Messages published together: a result each, `over` when the last of them has come or it is too late."""

    def __init__(self, count: int) -> None:
        self.results: list[Stored | Unknown] = [_LATE] * count
        self.over = asyncio.get_running_loop().create_future()
        self._left = count

    def settle(self, index: int, result: Stored | Unknown) -> None:
        """Note the one result of a message."""
        self.results[index] = result
        self._left -= 1
        if not self._left:
            self.end()

    def end(self) -> None:
        """Wait no longer; what was not answered is unknown, as it was from the start."""
        if not self.over.done():
            self.over.set_result(None)


class Publisher:
    """Publishes many messages at once and waits for all their acknowledgements together."""

    def __init__(self, client: Client, *, wait: float = 5.0) -> None:
        self._client = client
        self._wait = wait
        self._inbox: str | None = None
        self._number = 0
        self._flying: dict[str, tuple[_Request, int]] = {}
        self._room = asyncio.Event()
        self._starting = asyncio.Lock()

    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        """Return one result a message, in order, within the time-out and at once while disconnected."""
        if not messages:
            return []
        if not self._client.is_connected:
            return [_AWAY for _ in messages]
        request, numbers = _Request(len(messages)), list[str]()
        late = asyncio.get_running_loop().call_later(self._wait, request.end)
        try:
            try:
                inbox = self._inbox or await self._listen()
            except (nats.errors.Error, OSError) as error:
                return [Unknown(repr(error)) for _ in messages]
            for index, message in enumerate(messages):
                if len(self._flying) >= MOST_IN_FLIGHT and not await self._has_room(request):
                    break
                self._number += 1
                number = str(self._number)
                numbers.append(number)
                self._flying[number] = request, index
                try:
                    await self._client.publish(
                        message.subject,
                        message.payload,
                        reply=inbox + number,
                        headers={MESSAGE_ID: message.message_id, **message.headers},
                    )
                except (nats.errors.Error, OSError) as error:
                    del self._flying[number]
                    request.settle(index, Unknown(repr(error)))
            await request.over
        finally:
            late.cancel()
            for number in numbers:
                self._flying.pop(number, None)
            self._room.set()
        return request.results

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
        found = self._flying.pop(message.subject.rpartition(".")[2], None)
        if found is None:
            return  # it came too late
        request, index = found
        request.settle(index, _result(message))
        if len(self._flying) < MOST_IN_FLIGHT:
            self._room.set()


def _result(message: Msg) -> Stored | Unknown:
    if message.headers and message.headers.get("Status") == _NO_RESPONDERS:
        return Unknown("no stream takes the subject")
    try:
        ack = from_json(message.data)
        if "error" in ack:
            return Unknown(repr(ack["error"]))
        return Stored(ack["seq"], ack.get("duplicate") is True)
    except (ValueError, KeyError, TypeError) as error:
        return Unknown(f"an unreadable acknowledgement: {error!r}")
