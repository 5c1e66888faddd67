"""What is held back: by quiet hours, a refused account, a long wait; and what of it goes out in the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from nats.aio.client import Client

from contracts.streams import NOTICE_SUBJECT
from services.notifier.delivery.sending.claiming import Pace
from services.notifier.domain.incoming import Said
from services.notifier.domain.quiet_hours import OwnHours, Quiet
from services.notifier.domain.results import AccountDown
from tests.integration.notifier.test_flow import connected, taking_in
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import QUICK, World, notice
from tests.waiting import until

UTC_ZONE = ZoneInfo("UTC")


def quiet_now() -> Quiet:
    """Hours that began an hour ago and end in an hour."""
    now = datetime.now(UTC)
    return Quiet(OwnHours((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()), UTC_ZONE)


def hushed(world: World, quiet: Quiet) -> World:
    return replace(world, tools=replace(world.tools, quiet=quiet))


async def pending(world: World, count: int) -> bool:
    query = "SELECT count(*) = $1 FROM delivery WHERE state = 'pending' AND held"
    return bool(await world.pool.fetchval(query, count))


async def test_nobody_is_woken_and_answers_go_out(world: World, nats_client: Client) -> None:
    """In quiet hours a notice is held until they end, and an answer is sent at once."""
    world = hushed(connected(world, nats_client), quiet_now())
    told = notice(await world.person("7"))
    await nats_client.jetstream().publish(NOTICE_SUBJECT, told.encoded())

    async with taking_in(world, nats_client), world.sending(await world.lease()):
        await until(lambda: pending(world, 1))
        await world.updates().take([did(1, Said("/help"))])
        await world.channel.began.wait()

    due = (await world.row(told.notice_id))["due_at"] - datetime.now(UTC)
    assert [] == [text for text in world.channel.texts("7") if "verification" in text]
    assert 1 == len(world.channel.sent)
    assert timedelta(minutes=58) < due < timedelta(minutes=61)


async def test_what_was_due_before_is_held_as_well(world: World) -> None:
    """A notice that is due when quiet hours begin waits for their end."""
    world = hushed(world, quiet_now())
    told = notice(await world.person("7"))
    await world.keep(told)

    async with world.sending(await world.lease()):
        await until(lambda: pending(world, 1))

    assert [] == world.channel.sent
    assert 0 == (await world.row(told.notice_id))["unknowns"]


async def test_own_hours_come_first(world: World) -> None:
    """Who chose no quiet hours is written to in the agency's."""
    world = hushed(world, quiet_now())
    told = notice(await world.person("7"))
    await world.pool.execute("UPDATE recipient SET quiet_from = '00:00', quiet_until = '00:00'")
    await world.keep(told)

    async with world.sending(await world.lease()):
        await world.ended(told.notice_id)

    assert 1 == len(world.channel.sent)


async def test_after_a_hold_only_the_newest_goes_out(world: World) -> None:
    """Of several stages that were held only the last is sent; other documents lose nothing."""
    person, subscription = await world.person("7"), uuid4()
    told = [notice(person, subscription=subscription, revision=number) for number in (1, 2, 3)]
    other = notice(person, revision=1)
    await world.keep(*told, other)
    await world.pool.execute("UPDATE delivery SET held = true")

    async with world.sending(await world.lease()):
        await world.ended(*(one.notice_id for one in (*told, other)))

    states = [await world.state(one.notice_id) for one in (*told, other)]
    assert ["superseded", "superseded", "accepted", "accepted"] == states
    assert ["verification 3 en", "verification 1 en"] == world.channel.texts("7")


async def test_without_a_hold_everything_goes_out(world: World) -> None:
    """Stages that follow each other quickly are all told, in order."""
    person, subscription = await world.person("7"), uuid4()
    told = [notice(person, subscription=subscription, revision=number) for number in (1, 2, 3)]
    await world.keep(*told)

    async with world.sending(await world.lease()):
        await world.ended(*(one.notice_id for one in told))

    assert 3 == len(world.channel.sent)


async def test_a_long_wait_is_a_hold(world: World) -> None:
    """Whatever waited for more than ten minutes is told by its newest stage alone."""
    person, subscription = await world.person("7"), uuid4()
    ago = datetime.now(UTC) - timedelta(minutes=11)
    old, new = (
        notice(person, subscription=subscription, revision=number, created_at=ago) for number in (1, 2)
    )
    await world.keep(old, new)

    async with world.sending(await world.lease()):
        await world.ended(old.notice_id, new.notice_id)

    assert ["superseded", "accepted"] == [await world.state(one.notice_id) for one in (old, new)]


async def test_a_refused_account_is_a_hold(world: World) -> None:
    """What piled up while the account was refused is told by its newest stage alone."""
    person, subscription = await world.person("7"), uuid4()
    told = [notice(person, subscription=subscription, revision=number) for number in (1, 2)]
    world.channel.scripts["7"] = [AccountDown("401")]
    await world.keep(*told)

    async with world.sending(await world.lease(), replace(QUICK, down_pause=0.3)):
        await world.ended(*(one.notice_id for one in told))

    assert ["superseded", "accepted"] == [await world.state(one.notice_id) for one in told]
    assert 2 == len(world.channel.sent)


async def test_a_withdrawn_newer_stage_leaves_the_older_one(world: World) -> None:
    """During a hold nothing is given up yet: where the newer stage is withdrawn the older one goes out."""
    person, subscription = await world.person("7"), uuid4()
    old, new = (notice(person, subscription=subscription, revision=number) for number in (1, 2))
    await world.keep(old, new)
    await world.pool.execute("UPDATE delivery SET held = true, due_at = now() + interval '1 hour'")
    async with world.sending(await world.lease(), Pace(rate_global=1000, sweep_every=0.05)):
        async with world.store.unit() as unit:
            await world.store.withdraw(unit, [new.notice_id], "publisher")
        await world.pool.execute("UPDATE delivery SET due_at = now()")
        world.tools.wake.set()
        await world.ended(old.notice_id)

    assert "accepted" == await world.state(old.notice_id)
