"""Reading a stream again from an instant on, and publishing only what it does not hold yet."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from runtime.messaging.connection_state import ConnectionState
from runtime.messaging.provision import ConsumerSpec, consumer_config
from runtime.messaging.pull import ConsumerRef
from runtime.messaging.stream_writer import (
    MESSAGE_ID,
    Outgoing,
    Stored,
    StreamWriter,
    Unknown,
)

AT_ONCE = 500


async def since(client: Client, stream: str, instant: datetime) -> AsyncIterator[list[Msg]]:
    """Yield what a stream holds from an instant on, in its order, up to what is there now."""
    js = client.jetstream()
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=instant,
        ack_policy=AckPolicy.NONE,
        inactive_threshold=60.0,
    )
    subscription = await js.pull_subscribe("", stream=stream, config=config)
    try:
        left = (await subscription.consumer_info()).num_pending or 0
        while left > 0:
            messages = await subscription.fetch(min(left, AT_ONCE), timeout=30)
            left -= len(messages)
            yield messages
    finally:
        await subscription.unsubscribe()


async def begin_again(client: Client, consumer: ConsumerSpec, instant: datetime) -> None:
    """Have a durable consumer take everything from an instant on in once more; nobody may use it now."""
    js = client.jetstream()
    with suppress(nats.js.errors.NotFoundError):
        await js.delete_consumer(consumer.stream, consumer.durable)
    await js.add_consumer(
        consumer.stream,
        replace(
            consumer_config(consumer), deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=instant
        ),
    )


async def behind(client: Client, consumer: ConsumerRef) -> int:
    """Return how many messages a consumer has not acknowledged."""
    info = await client.jetstream().consumer_info(consumer.stream, consumer.durable)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


def identities(messages: Sequence[Msg]) -> set[str]:
    """Return the ids under which messages were published."""
    return {(message.headers or {}).get(MESSAGE_ID, "") for message in messages} - {""}


class DeduplicatingWriter(StreamWriter):
    """A stream writer that takes what the streams hold already as published."""

    def __init__(
        self, client: Client, state: ConnectionState | None = None, *, known: Collection[str]
    ) -> None:
        super().__init__(client, state)
        self._known = known

    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        """Return one result a message, in order; what is known is a duplicate."""
        fresh = [message for message in messages if message.message_id not in self._known]
        results = iter(await super().publish(fresh))
        return [
            Stored(0, duplicate=True) if message.message_id in self._known else next(results)
            for message in messages
        ]
