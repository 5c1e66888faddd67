"""NATS and JetStream as this project uses them: one connection, pulled batches, questions to other services.

A connection reconnects for ever; one that closed for good ends the process, for a closed client spins.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import nats.errors
import nats.js.errors
from faststream.nats import NatsBroker
from faststream.nats.security import NatsSecurity
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import BaseModel, TypeAdapter, ValidationError

from runtime.logs import logger
from runtime.messaging.connection_state import ConnectionState
from runtime.retry import backoff
from runtime.tracing import current, joined

LOG = logger(__name__)
T = TypeVar("T")
PING_SECONDS = 3
UNANSWERED_PINGS = 2
"""A node that stands still keeps its connections: after three pings, 9 s at most, we go to another one."""
_WORDS = 9
"""So many words are in the address of an acknowledgement that names no domain."""


class RpcUnavailableError(Exception):
    """The other service did not answer, or not in a form that can be read."""


def addresses(url: str) -> list[str]:
    """Return the servers that a setting names: one, or several of a cluster with commas between."""
    return [server.strip() for server in url.split(",")]


def make_broker(
    url: str,
    name: str,
    on_closed: Callable[[], None],
    on_error: Callable[[Exception], None],
    *,
    state: ConnectionState,
    security: NatsSecurity | None = None,
) -> NatsBroker:
    """Return a broker, to be connected by `connected`, that reports every error it meets.

    `state` is told when the connection breaks and when it is there again.
    """

    async def closed() -> None:
        on_closed()

    async def failed(error: Exception) -> None:
        LOG.warning("nats error", error=repr(error))
        on_error(error)

    return NatsBroker(
        addresses(url),
        name=name,
        # At first: a client that may come again waits for ever for the end of a failed handshake.
        allow_reconnect=False,
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        connect_timeout=3,
        ping_interval=PING_SECONDS,
        max_outstanding_pings=UNANSWERED_PINGS,
        inbox_prefix=f"_INBOX_{name}",
        closed_cb=closed,
        disconnected_cb=state.disconnected,
        reconnected_cb=state.reconnected,
        error_cb=failed,
        logger=None,
        graceful_timeout=5,
        security=security,
    )


async def connected(broker: NatsBroker) -> Client:
    """Connect, tried again for ever; from then on the client reconnects for ever."""
    failures = 0
    while True:
        try:
            client = await broker.connect()
        except (OSError, nats.errors.Error) as error:
            failures += 1
            LOG.info("not connected to NATS", failures=failures, error=repr(error))
            await asyncio.sleep(backoff(failures, first=0.2, cap=2.0))
        else:
            client.options["allow_reconnect"] = True
            return client


def sequence_of(message: Msg) -> int:
    """Return a stream message's number; its `metadata`, which says more, costs ten times as much to read."""
    # $JS.ACK.stream.consumer.delivered.NUMBER and three more; newer servers put two words behind ACK.
    words = message.reply.split(".")
    return int(words[5 if len(words) == _WORDS else 7])


async def acknowledge(messages: Sequence[Msg]) -> None:
    """Ack messages; an ack that is lost with the connection only causes a redelivery."""
    try:
        for message in messages:
            await message.ack()
    except (nats.errors.Error, OSError) as error:
        LOG.warning("acks not sent", count=len(messages), error=repr(error))


async def push_out(client: Client) -> None:
    """Return when what was sent so far is on its way, or cannot be."""
    try:
        await client.flush(2)
    except (nats.errors.Error, OSError) as error:
        LOG.warning("not everything was sent", error=repr(error))


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
        question = request.model_dump_json(exclude_none=True).encode()
        answer = await client.request(subject, question, timeout=wait, headers=joined(current()) or None)
        return reply.validate_json(answer.data)
    except (nats.errors.Error, OSError) as error:
        raise RpcUnavailableError(f"{subject}: {error!r}") from error
    except ValidationError as error:
        raise RpcUnavailableError(f"{subject}: unreadable answer, {error.error_count()} errors") from None
