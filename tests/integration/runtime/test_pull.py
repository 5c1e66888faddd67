"""Reading a durable consumer of a real server: batches, order, what is given back, and being without it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.streams import STAGE_SUBJECT, TRACKER_STAGES
from runtime.clock import SystemClock
from runtime.messaging.jetstream import acknowledge
from runtime.messaging.provision import consumer_config
from runtime.messaging.pull import Pull, PullError, consume
from tests.waiting import until

SIZE = 10
CLOCK = SystemClock()


@dataclass
class Reading:
    """Keeps what it was handed; a closed gate holds a batch up."""

    read_so_far: int = 0
    batches: list[list[bytes]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def read(self, message: Msg) -> Msg:
        """Count a message."""
        self.read_so_far += 1
        return message

    async def handle(self, batch: list[Msg]) -> None:
        """Keep a batch and ack it, once the gate is open."""
        self.batches.append([one.data for one in batch])
        await self.gate.wait()
        await acknowledge(batch)

    def has_read_ahead(self) -> bool:
        """Tell whether a full batch is read beside the first, which may have begun with what came first."""
        return bool(self.batches) and self.read_so_far == len(self.batches[0]) + SIZE

    @property
    def handled(self) -> list[bytes]:
        """Everything handed over, in its order."""
        return [one for batch in self.batches for one in batch]


@asynccontextmanager
async def reading(client: Client, work: Reading) -> AsyncIterator[asyncio.Task[None]]:
    """Consume the stream of events for the length of the block."""
    stop = asyncio.Event()
    loop = consume(client, TRACKER_STAGES, work, stop=stop, clock=CLOCK, size=SIZE)
    task = asyncio.create_task(loop)
    try:
        yield task
    finally:
        stop.set()
        work.gate.set()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def publish(client: Client, count: int) -> list[bytes]:
    """Put numbered messages into the stream of events."""
    payloads = [str(number).encode() for number in range(count)]
    for payload in payloads:
        await client.jetstream().publish(STAGE_SUBJECT, payload)
    return payloads


async def pending(client: Client) -> int:
    """Return how many messages were delivered and not acknowledged."""
    info = await client.jetstream().consumer_info(TRACKER_STAGES.stream, TRACKER_STAGES.durable)
    return info.num_ack_pending or 0


async def test_the_next_batch_is_read_while_one_is_handled(nats_client: Client) -> None:
    """Batches are full and in order, the next one is read meanwhile, and little more is held back."""
    work = Reading()
    payloads = await publish(nats_client, 4 * SIZE)

    async with reading(nats_client, work):
        await until(met(work.has_read_ahead))
        assert 1 == len(work.batches)
        assert 3.5 * SIZE >= await pending(nats_client)
        work.gate.set()
        await until(met(lambda: work.handled == payloads))

    assert SIZE >= max(len(batch) for batch in work.batches)
    await until(lambda: _nothing_pending(nats_client))


async def test_what_was_not_begun_is_given_back(nats_client: Client) -> None:
    """A reader that is cancelled gives back what it did not begin: another gets it soon."""
    first, second = Reading(), Reading()
    payloads = await publish(nats_client, 2 * SIZE)
    async with reading(nats_client, first) as task:
        await until(met(first.has_read_ahead))
        task.cancel()
    begun = set(first.handled)
    second.gate.set()

    async with reading(nats_client, second):
        await until(met(lambda: set(second.handled) == set(payloads) - begun), within=5)

    assert 1 == len(first.batches)


async def test_a_consumer_that_is_gone_is_waited_for(nats_client: Client) -> None:
    """Without its consumer a reader asks a few times and no more, and goes on when it is there again."""
    work = Reading()
    work.gate.set()
    js = nats_client.jetstream()
    async with reading(nats_client, work):
        await js.delete_consumer(TRACKER_STAGES.stream, TRACKER_STAGES.durable)
        before = nats_client.stats["out_msgs"]
        await until(met(lambda: nats_client.stats["out_msgs"] >= before + 2))
        asked = nats_client.stats["out_msgs"] - before
        await js.add_consumer(TRACKER_STAGES.stream, consumer_config(TRACKER_STAGES))
        payloads = await publish(nats_client, 3)

        await until(met(lambda: work.handled == payloads), within=15)

    assert 5 > asked


async def test_a_missing_consumer_is_an_error(nats_client: Client) -> None:
    """Who asks a consumer that does not exist is told so."""
    await nats_client.jetstream().delete_consumer(TRACKER_STAGES.stream, TRACKER_STAGES.durable)

    async with Pull(nats_client, TRACKER_STAGES, CLOCK, SIZE).open() as pull:
        await pull.ask()
        await asyncio.wait_for(pull.news.wait(), 5)
        with pytest.raises(PullError, match="503"):
            await pull.ask()


async def test_a_new_connection_is_asked_anew(nats_url: str) -> None:
    """What was asked for over a connection that broke is asked for again over the next one."""
    work = Reading()
    work.gate.set()
    client = await nats.connect(nats_url, reconnect_time_wait=0.05, max_reconnect_attempts=-1)
    async with reading(client, work):
        await publish(client, 1)
        await until(met(lambda: 1 == len(work.handled)))
        client._transport.close()  # type: ignore[union-attr]  # nobody else can break it
        await until(met(lambda: client.stats["reconnects"] >= 1 and client.is_connected))
        await publish(client, 1)

        await until(met(lambda: 2 == len(work.handled)), within=5)
    await client.close()


def met(condition: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    """Return a condition as `until` takes it."""

    async def asked() -> bool:
        return condition()

    return asked


async def _nothing_pending(client: Client) -> bool:
    return not await pending(client)
