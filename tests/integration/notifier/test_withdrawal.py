"""Notices that must not be sent any more, whenever the withdrawal comes."""

import asyncio
from datetime import UTC, datetime

from nats.aio.client import Client

from contracts.messages.delivery import DELIVERY_REPORT, DeliveryEnd
from contracts.messages.ids import NoticeId
from contracts.messages.withdrawal import Withdrawal
from contracts.streams import NOTICE_SUBJECT, WITHDRAWAL_SUBJECT
from services.notifier.domain.results import Accepted, NotSent, Result, Unknown
from tests.integration.notifier.test_flow import connected, read, taking_in
from tests.integration.notifier.world import World, notice
from tests.waiting import until


async def withdraw(world: World, *notices: NoticeId) -> None:
    async with world.store.unit() as unit:
        await world.store.withdraw(unit, list(notices), "publisher")


async def test_what_waits_ends_withdrawn(world: World) -> None:
    """A withdrawn notice that waits ends withdrawn, is reported and never sent; others are untouched."""
    person = await world.person("7")
    gone, kept = notice(person, revision=1), notice(person, revision=2)
    await world.keep(gone, kept)

    await withdraw(world, gone.notice_id)
    async with world.sending(await world.lease()):
        await world.ended(gone.notice_id, kept.notice_id)

    report = (await world.reports())[gone.notice_id]
    assert (DeliveryEnd.WITHDRAWN, "publisher", 0) == (report.status, report.reason, report.attempts)
    assert ["verification 2 en"] == world.channel.texts("7")


async def test_a_notice_after_its_withdrawal_ends_withdrawn(world: World) -> None:
    """A withdrawal that overtakes its notice holds for it, however often either comes."""
    told = notice(await world.person("7"))
    await withdraw(world, told.notice_id)
    await withdraw(world, told.notice_id)

    await world.keep(told)
    await world.keep(told)
    await withdraw(world, told.notice_id)

    assert "withdrawn" == await world.state(told.notice_id)
    assert 1 == len(await world.reports())


async def test_what_has_ended_stays_as_it_ended(world: World) -> None:
    """An accepted notice cannot be withdrawn any more."""
    told = notice(await world.person("7"))
    await world.keep(told)
    async with world.sending(await world.lease()):
        await world.ended(told.notice_id)

    await withdraw(world, told.notice_id)

    assert "accepted" == await world.state(told.notice_id)


async def in_the_air(world: World, result: Result) -> str:
    """Withdraw a notice while the messenger is being called, and return how it ended."""
    told = notice(await world.person("7"))
    gate = world.channel.gates["7"] = asyncio.Event()
    world.channel.scripts["7"] = [result]
    await world.keep(told)
    async with world.sending(await world.lease()):
        await world.channel.began.wait()
        await withdraw(world, told.notice_id)
        gate.set()
        await world.ended(told.notice_id)
    assert 1 == len(world.channel.sent)
    return await world.state(told.notice_id)


async def test_what_is_in_the_air_may_still_arrive(world: World) -> None:
    """A notice that the messenger takes in the same moment ends accepted."""
    assert "accepted" == await in_the_air(world, Accepted("1"))


async def test_what_is_in_the_air_and_fails_is_not_tried_again(world: World) -> None:
    """A withdrawn notice that surely did not go out ends withdrawn."""
    assert "withdrawn" == await in_the_air(world, NotSent("no route"))


async def test_what_is_in_the_air_and_may_have_arrived_ends_unknown(world: World) -> None:
    """A withdrawn notice that somebody may have seen is never called withdrawn, and never resent."""
    assert "unknown" == await in_the_air(world, Unknown("reset"))


async def test_withdrawals_come_by_the_stream(world: World, nats_client: Client) -> None:
    """Both subjects of the stream are taken in; a bad withdrawal is dead and stops nothing."""
    world = connected(world, nats_client)
    told = notice(await world.person("7"))
    order = Withdrawal(notice_ids=(told.notice_id,), reason="stopped", at=datetime.now(UTC))
    js = nats_client.jetstream()
    await js.publish(WITHDRAWAL_SUBJECT, b"{}")
    await js.publish(WITHDRAWAL_SUBJECT, order.encoded())
    await js.publish(NOTICE_SUBJECT, told.encoded())

    async with taking_in(world, nats_client):
        (raw,) = await read(nats_client, "DELIVERIES", 1)
        await read(nats_client, "DEAD", 1)

    report = DELIVERY_REPORT.validate_json(raw)
    assert (told.notice_id, "withdrawn", "stopped") == (report.notice_id, report.status, report.reason)


async def test_storing_and_withdrawing_at_once_miss_nothing(world: World) -> None:
    """However storing and withdrawing race, a withdrawn notice ends withdrawn."""
    person = await world.person("7")
    told = [notice(person, revision=number) for number in range(20)]

    await asyncio.gather(
        *(world.keep(one) for one in told), *(withdraw(world, one.notice_id) for one in told)
    )

    async def all_withdrawn() -> bool:
        query = "SELECT count(*) = 20 FROM delivery WHERE state = 'withdrawn'"
        return bool(await world.pool.fetchval(query))

    await until(all_withdrawn)
