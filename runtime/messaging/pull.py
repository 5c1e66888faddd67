"""Reading a durable consumer: messages are asked for ahead, so that a batch comes while one is worked on.

A batch is whatever has come meanwhile: one message when little happens, a full one under load, and no timer
holds any of them back.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from runtime.clock import Clock, pause
from runtime.logs import logger
from runtime.messaging.jetstream import postpone, push_out
from runtime.retry import backoff

LOG = logger(__name__)
REQUEST_SECONDS = 2.0
"""How long the server keeps a request for messages, and sends them to a process that hangs."""
LOOK_SECONDS = 1.0
"""How often a reader that hears nothing looks whether its connection or its request is gone."""
_OVER = frozenset({"404", "408"})
"""A request that ended without all of its messages, and nothing is wrong."""
T = TypeVar("T")


class PullError(Exception):
    """The server does not serve the consumer; the message is its own."""


class ConsumerRef(Protocol):
    """Which durable consumer to pull from."""

    @property
    def stream(self) -> str:
        """Return the stream's name."""
        ...

    @property
    def durable(self) -> str:
        """Return the consumer's name."""
        ...


class Pull:
    """What has come of a consumer; at most 1.5 times `size` messages wait here or are on the way."""

    def __init__(self, client: Client, consumer: ConsumerRef, clock: Clock, size: int) -> None:
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{consumer.stream}.{consumer.durable}"
        self._clock = clock
        self._size = size
        self._inbox = client.new_inbox()
        self._here: deque[Msg] = deque()
        self._due = 0
        self._until = 0.0
        self._reconnects = 0
        self._fault: str | None = None
        self.news = asyncio.Event()

    @asynccontextmanager
    async def open(self, *, give_back: bool = True) -> AsyncIterator["Pull"]:
        """Listen for the length of the block; what was not taken by then is given back, if that is wanted."""
        subscription = await self._client.subscribe(self._inbox, cb=self._heard)
        try:
            yield self
        finally:
            try:
                await subscription.unsubscribe()
            except nats.errors.Error as error:
                LOG.debug("unsubscribe", error=repr(error))
            if give_back:
                await postpone(tuple(self._here), 0)
            # An ack is buffered: one that is not sent before the end is a redelivery.
            await push_out(self._client)

    async def ask(self) -> None:
        """Ask for more where at most half a batch is here or on the way; PullError, or a nats error."""
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise PullError(fault)
        now, reconnects = self._clock.monotonic(), self._client.stats["reconnects"]
        if reconnects != self._reconnects or now > self._until:
            # What was asked for over another connection, or long ago, does not come any more.
            self._reconnects, self._due = reconnects, 0
        if self._due + len(self._here) <= self._size // 2 and self._client.is_connected:
            wanted = {"batch": self._size, "expires": int(REQUEST_SECONDS * 1e9)}
            await self._client.publish(self._subject, json.dumps(wanted).encode(), self._inbox)
            self._due += self._size
            self._until = now + REQUEST_SECONDS + LOOK_SECONDS

    def take(self, most: int) -> list[Msg]:
        """Return what is here, oldest first."""
        return [self._here.popleft() for _ in range(min(most, len(self._here)))]

    def waiting(self, count: int) -> bool:
        """Tell whether so many messages are here."""
        return len(self._here) >= count

    async def _heard(self, message: Msg) -> None:
        if message.reply:
            self._here.append(message)
            self._due = max(0, self._due - 1)
        else:
            headers = message.headers or {}
            if headers.get("Status") in _OVER:
                self._due = max(0, self._due - int(headers.get("Nats-Pending-Messages", self._due)))
            else:
                self._due, self._fault = 0, f"{headers.get('Status')} {headers.get('Description', '')}"
        self.news.set()


class Work(Protocol[T]):
    """What is done with a consumer's messages; it owns their acks and errors."""

    def read(self, message: Msg) -> T:
        """Return what a message says, while the batch before it is handled."""
        ...

    async def handle(self, batch: list[T]) -> None:
        """Handle a batch; an error ends the reading."""
        ...


async def consume(
    client: Client,
    consumer: ConsumerRef,
    work: Work[T],
    *,
    stop: asyncio.Event,
    clock: Clock,
    size: int = 200,
    linger: float = 0.0,
) -> None:
    """Have batches of at most `size` messages worked on, one at a time in their order, until told to stop.

    After a batch that was not full there is a pause of `linger` seconds, for where nobody waits for it.
    A missing consumer or server is retried with growing pauses, so that nothing spins. What was read and not
    begun when this ends is given back.
    """
    async with Pull(client, consumer, clock, size).open() as pull:
        reader = _Reader(pull, work, size)
        try:
            failures = 0
            while not stop.is_set():
                try:
                    await pull.ask()
                except (nats.errors.Error, PullError) as error:
                    failures += 1
                    names = {"stream": consumer.stream, "durable": consumer.durable}
                    LOG.warning("cannot pull", **names, error=repr(error))
                    await clock.sleep(backoff(failures, first=0.2, cap=5.0))
                    continue
                if await reader.step():
                    failures = 0
                    if linger and not pull.waiting(size):
                        await clock.sleep(linger)
        except BaseException:  # cancellation above all: nothing more may be begun
            await reader.cancel()
            raise
        await reader.finish()


class _Reader(Generic[T]):
    """One batch that is worked on, and the next one as far as it has come."""

    def __init__(self, pull: Pull, work: Work[T], size: int) -> None:
        self._pull = pull
        self._work = work
        self._size = size
        self._messages: list[Msg] = []
        self._batch: list[T] = []
        self._working: asyncio.Future[None] | None = None

    async def step(self) -> bool:
        """Read what has come, begin a batch where none is worked on, or wait; tell whether something came."""
        self._pull.news.clear()
        messages = self._pull.take(self._size - len(self._batch))
        self._messages += messages
        self._batch += map(self._work.read, messages)
        if self._working is not None and self._working.done():
            self._working.result()
            self._working = None
        if self._batch and self._working is None:
            self._working = asyncio.ensure_future(self._work.handle(self._batch))
            self._working.add_done_callback(lambda _: self._pull.news.set())
            self._messages, self._batch = [], []
        elif not messages or len(self._batch) == self._size:
            await pause(self._pull.news, LOOK_SECONDS)
        return bool(messages)

    async def cancel(self) -> None:
        """Give up the batch that is worked on, and give the next one back."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait({self._working})
        await postpone(self._messages, 0)

    async def finish(self) -> None:
        """Let the batch that is worked on end, and give the next one back."""
        await postpone(self._messages, 0)
        if self._working is not None:
            await self._working
