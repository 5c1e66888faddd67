"""NATS and JetStream as this project uses them: one connection, pipelined publishes, pulled batches.

A connection reconnects for ever; one that closed for good ends the process, for a closed client spins.
A publish that was not acknowledged in time is unknown, never failed: the server may have stored it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import nats.errors
import nats.js.errors
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import PubAck
from nats.js.client import JetStreamContext
from pydantic import BaseModel, TypeAdapter, ValidationError

from runtime.clock import Clock
from runtime.logs import logger
from runtime.retry import backoff

LOG = logger(__name__)
MESSAGE_ID = "Nats-Msg-Id"
T = TypeVar("T")


class RpcUnavailableError(Exception):
    """The other service did not answer, or not in a form that can be read."""


def addresses(url: str) -> list[str]:
    """Return the servers that a setting names: one, or several of a cluster with commas between."""
    return [one.strip() for one in url.split(",")]


def make_broker(url: str, name: str, on_closed: Callable[[], None]) -> NatsBroker:
    """Return a broker, not yet connected, that reconnects for ever and reports every error it meets."""

    async def closed() -> None:
        on_closed()

    async def failed(error: Exception) -> None:
        LOG.warning("nats error", error=repr(error))

    return NatsBroker(
        addresses(url),
        name=name,
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        connect_timeout=3,
        ping_interval=10,
        inbox_prefix=f"_INBOX_{name}",
        closed_cb=closed,
        error_cb=failed,
        logger=None,
        graceful_timeout=5,
    )


@dataclass(frozen=True)
class Outgoing:
    """One message to publish; the message id makes a repeated publish harmless."""

    subject: str
    message_id: str
    payload: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """The stream has it, and had it before where `duplicate` is set."""

    sequence: int
    duplicate: bool


@dataclass(frozen=True)
class Unknown:
    """No acknowledgement: the message may or may not be in the stream; publish it again unchanged."""

    why: str


class Publisher:
    """Publishes many messages at once and waits for all their acknowledgements together."""

    def __init__(self, client: Client, *, wait: float = 5.0) -> None:
        self._client = client
        self._js = client.jetstream()
        self._wait = wait

    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        """Return one result a message, in order, within the time-out and at once while disconnected."""
        if not self._client.is_connected:
            return [Unknown("not connected to NATS") for _ in messages]
        waiting: list[asyncio.Future[PubAck] | Unknown] = [await self._send(message) for message in messages]
        futures = [one for one in waiting if not isinstance(one, Unknown)]
        if futures:
            await asyncio.wait(futures, timeout=self._wait)
        return [one if isinstance(one, Unknown) else _settled(one) for one in waiting]

    async def _send(self, message: Outgoing) -> asyncio.Future[PubAck] | Unknown:
        try:
            return await self._js.publish_async(
                message.subject,
                message.payload,
                wait_stall=self._wait,
                headers={MESSAGE_ID: message.message_id, **message.headers},
            )
        except (nats.errors.Error, nats.js.errors.Error, OSError) as error:
            return Unknown(repr(error))


def _settled(future: asyncio.Future[PubAck]) -> Stored | Unknown:
    if not future.done():
        future.cancel()
        return Unknown("no acknowledgement in time")
    error = future.exception()
    if error is not None:
        return Unknown(repr(error))
    ack = future.result()
    return Stored(ack.seq, bool(ack.duplicate))


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


@asynccontextmanager
async def _bound(
    js: JetStreamContext, consumer: ConsumerRef
) -> AsyncIterator[JetStreamContext.PullSubscription]:
    subscription = await js.pull_subscribe_bind(consumer.durable, consumer.stream, pending_msgs_limit=65536)
    try:
        yield subscription
    finally:
        try:
            await subscription.unsubscribe()
        except nats.errors.Error as error:
            LOG.debug("unsubscribe", error=repr(error))


async def consume(
    client: Client,
    consumer: ConsumerRef,
    handle: Callable[[list[Msg]], Awaitable[None]],
    *,
    stop: asyncio.Event,
    clock: Clock,
    size: int = 200,
) -> None:
    """Pull batches of what is there, at most `size`, and hand each to `handle` until told to stop.

    `handle` owns acks and errors of messages; an error it raises ends the loop. A missing consumer or server
    is retried with growing pauses, so that nothing spins.
    """
    js = client.jetstream()
    failures = 0
    async with _bound(js, consumer) as subscription:
        while not stop.is_set():
            try:
                messages = await subscription.fetch(size, timeout=1)
                failures = 0
            except TimeoutError:
                continue
            except (nats.errors.Error, nats.js.errors.Error) as error:
                failures += 1
                LOG.warning(
                    "cannot pull", stream=consumer.stream, durable=consumer.durable, error=repr(error)
                )
                await clock.sleep(backoff(failures, first=0.2, cap=5.0))
                continue
            for start in range(0, len(messages), size):
                await handle(messages[start : start + size])


async def acknowledge(client: Client, messages: Sequence[Msg]) -> None:
    """Ack messages and push the acks out; one lost with the connection only causes a redelivery."""
    try:
        for message in messages:
            await message.ack()
        await client.flush(2)
    except (nats.errors.Error, OSError) as error:
        LOG.warning("acks not sent", count=len(messages), error=repr(error))


async def settle(client: Client) -> None:
    """Return when the server has taken in everything asked of it so far, subscriptions above all.

    nats-py writes a flush's PING before what it still holds back, so only the second PONG answers for that.
    """
    await client.flush()
    await client.flush()


async def postpone(messages: Sequence[Msg], delay: float) -> None:
    """Ask for the messages again after a delay in seconds."""
    try:
        for message in messages:
            await message.nak(delay=delay)
    except (nats.errors.Error, OSError) as error:
        LOG.warning("naks not sent", count=len(messages), error=repr(error))


async def call(
    client: Client, subject: str, request: BaseModel, reply: TypeAdapter[T], *, wait: float = 3.0
) -> T:
    """Ask another service; raise RpcUnavailableError where no readable answer comes."""
    try:
        answer = await client.request(
            subject, request.model_dump_json(exclude_none=True).encode(), timeout=wait
        )
        return reply.validate_json(answer.data)
    except (nats.errors.Error, OSError) as error:
        raise RpcUnavailableError(f"{subject}: {error!r}") from error
    except ValidationError as error:
        raise RpcUnavailableError(f"{subject}: unreadable answer, {error.error_count()} errors") from None
