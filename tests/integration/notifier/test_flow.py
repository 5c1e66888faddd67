"""From the stream of notices to the stream of ends, over the real NATS and database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from nats.aio.client import Client

from contracts.messages.dead import DEAD_LETTER
from contracts.messages.delivery import DELIVERY_REPORT, DeliveryEnd
from contracts.messages.ids import RecipientId
from contracts.streams import NOTICE_SUBJECT, NOTIFIER_NOTICES
from runtime.database.outbox import Outbox
from runtime.messaging.pull import consume
from runtime.messaging.stream_writer import StreamWriter
from services.notifier.delivery.intake import Intake
from services.notifier.delivery.invitations import Invitations
from services.notifier.domain.invitations import Pacing
from tests.integration.notifier.world import CLOCK, World, make_world, notice
from tests.waiting import until

WAITING = "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'delivery'::regclass AND NOT granted"


@asynccontextmanager
async def taking_in(world: World, client: Client) -> AsyncIterator[None]:
    """Consume notices and publish ends for the length of the block."""
    stop = asyncio.Event()
    quiet, invitations = world.tools.quiet, Invitations(Pacing.of(world.catalogue), world.store, CLOCK)
    intake = Intake(client, world.store, world.catalogue, CLOCK, world.metrics, quiet, invitations)
    loops = [
        consume(client, NOTIFIER_NOTICES, intake, stop=stop, clock=CLOCK),
        world.outbox.run(stop),
    ]
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def connected(world: World, client: Client) -> World:
    """Return the same world with an outbox that publishes."""
    outbox = Outbox(world.pool, StreamWriter(client), CLOCK)
    return make_world(world.pool, outbox, world.recipients, world.catalogue, world.voice)


async def read(client: Client, stream: str, count: int) -> list[bytes]:
    """Return the first messages of a stream, once there are so many."""
    js = client.jetstream()

    async def enough() -> bool:
        return (await js.stream_info(stream)).state.messages >= count

    await until(enough)
    return [(await js.get_msg(stream, number)).data or b"" for number in range(1, count + 1)]


async def test_a_notice_of_the_stream_ends_on_the_stream(world: World, nats_client: Client) -> None:
    """A published notice is stored, sent once and its end published, however often it is published."""
    world = connected(world, nats_client)
    told = notice(await world.person("7"), stage="arrived")
    js = nats_client.jetstream()
    for _ in range(3):
        await js.publish(NOTICE_SUBJECT, told.encoded())

    async with taking_in(world, nats_client), world.sending(await world.lease()):
        (raw,) = await read(nats_client, "DELIVERIES", 1)
        await until(lambda: _all_acked(nats_client))

    report = DELIVERY_REPORT.validate_json(raw)
    assert (told.notice_id, DeliveryEnd.ACCEPTED) == (report.notice_id, report.status)
    assert 1 == len(world.channel.sent)
    assert 1 == (await js.stream_info("DELIVERIES")).state.messages
    assert 1 == (await world.row(told.notice_id))["class"]


async def test_a_notice_is_not_acknowledged_before_it_is_stored(world: World, nats_client: Client) -> None:
    """While the transaction that stores a notice cannot end, its message stays open; then it is done."""
    told = notice(await world.person("7"))
    async with taking_in(world, nats_client):
        async with world.pool.acquire() as holder, holder.transaction():
            await holder.execute("LOCK TABLE delivery IN EXCLUSIVE MODE")
            await nats_client.jetstream().publish(NOTICE_SUBJECT, told.encoded())
            await until(lambda: holder.fetchval(WAITING))
            open_meanwhile = not await _all_acked(nats_client)
        await until(lambda: _all_acked(nats_client))

    assert open_meanwhile
    assert "pending" == await world.state(told.notice_id)


async def test_a_notice_for_nobody_is_withdrawn(world: World, nats_client: Client) -> None:
    """A notice for somebody whom we do not know, or who never consented, ends withdrawn at once."""
    world = connected(world, nats_client)
    guest = await world.person("7")
    await world.pool.execute("UPDATE recipient SET consented_at = NULL, consented_by = NULL")
    told = [notice(RecipientId(uuid4())), notice(guest)]
    js = nats_client.jetstream()
    for one in told:
        await js.publish(NOTICE_SUBJECT, one.encoded())

    async with taking_in(world, nats_client):
        reports = [DELIVERY_REPORT.validate_json(raw) for raw in await read(nats_client, "DELIVERIES", 2)]

    assert {one.notice_id for one in told} == {report.notice_id for report in reports}
    assert {(DeliveryEnd.WITHDRAWN, 0)} == {(report.status, report.attempts) for report in reports}


async def test_what_cannot_be_read_is_kept_as_dead(world: World, nats_client: Client) -> None:
    """Bad messages go to the stream of the dead with a reason, and do not stop the good ones among them."""
    world = connected(world, nats_client)
    good = notice(await world.person("7"))
    nul = good.model_copy(update={"notice_id": uuid4(), "masked": "a\0b"})
    js = nats_client.jetstream()
    for payload in (b"\xff{", b"{}", nul.encoded(), good.encoded()):
        await js.publish(NOTICE_SUBJECT, payload)

    async with taking_in(world, nats_client), world.sending(await world.lease()):
        letters = [DEAD_LETTER.validate_json(raw) for raw in await read(nats_client, "DEAD", 3)]
        await until(lambda: _all_acked(nats_client))
        await world.ended(good.notice_id)

    found = {(letter.stream_sequence, letter.reason, letter.payload) for letter in letters}
    expected = {(1, "undecodable", b"\xff{"), (2, "undecodable", b"{}"), (3, "unstorable", nul.encoded())}
    assert expected == found
    assert "accepted" == await world.state(good.notice_id)


async def _all_acked(client: Client) -> bool:
    info = await client.jetstream().consumer_info(NOTIFIER_NOTICES.stream, NOTIFIER_NOTICES.durable)
    return not (info.num_pending or info.num_ack_pending)
