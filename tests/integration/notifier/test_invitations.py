"""Offices that serve only so many a day: who is told on which day, and what frees a day."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from nats.aio.client import Client

from contracts.catalogue import Catalogue, Invitations
from contracts.messages.ids import EventId
from contracts.messages.notice import Notice, NoticeKind
from contracts.streams import NOTICE_SUBJECT, NOTIFIER_NOTICES
from runtime.clock import SystemClock
from runtime.messaging.pull import consume
from services.notifier.delivery import invitations
from services.notifier.delivery.intake import Intake
from services.notifier.delivery.upkeep import gauges
from services.notifier.domain.invitations import Pacing
from tests.integration.desk.people import Clock
from tests.integration.notifier.test_flow import connected
from tests.integration.notifier.world import NEVER, World, notice
from tests.waiting import until

KYIV, OFFICE, OTHER = ZoneInfo("Europe/Kyiv"), "kyiv-1", "kyiv-2"
WHOLE_WEEK = "Mo-Su"


def inviting(catalogue: Catalogue, **a_day: int) -> Catalogue:
    """Return the catalogue with offices that invite so many a day, each day of the week."""
    offices = dict(catalogue.offices)
    for office, most in a_day.items():
        code = office.replace("_", "-")
        terms = Invitations(a_day={WHOLE_WEEK: most})
        offices[code] = offices[code].model_copy(update={"invitations": terms})
    agency = catalogue.agency.model_copy(update={"holidays": type(catalogue.agency.holidays)()})
    return catalogue.model_copy(update={"offices": offices, "agency": agency})


class Days:
    """Notices on their way through the real stream and tables to days."""

    def __init__(self, world: World, client: Client, **a_day: int) -> None:
        self.world, self.client, self.clock = world, client, Clock(datetime.now(UTC))
        self.set(**a_day)

    def set(self, **a_day: int) -> None:
        """Start anew with a catalogue in which offices invite so many."""
        pacing = Pacing.of(inviting(self.world.catalogue, **a_day))
        self.invitations = invitations.Invitations(pacing, self.world.store, self.clock)

    async def ready(self, name: str, *, office: str = OFFICE, **fields: object) -> Notice:
        """Return the notice that somebody's document is ready."""
        event = fields.pop("event_id", EventId(uuid4().hex))
        told = notice(await self.world.person(name), stage="arrived", revision=5)
        return told.model_copy(update={"office": office, "event_id": event, **fields})

    async def take(self, *notices: Notice) -> None:
        """Have them come by the stream, one batch or several."""
        for one in notices:
            await self.client.jetstream().publish(NOTICE_SUBJECT, one.encoded())
        async with self._intake():
            await until(lambda: self._stored(notices))

    async def days(self, notices: Sequence[Notice]) -> list[int]:
        """Return in how many days each goes out; 0 is today, at once."""
        today = self.clock.at.astimezone(KYIV).date()
        rows = [await self.world.row(one.notice_id) for one in notices]
        return [(row["due_at"].astimezone(KYIV).date() - today).days if row["held"] else 0 for row in rows]

    async def _stored(self, notices: Sequence[Notice]) -> bool:
        ids = [one.notice_id for one in notices]
        query = "SELECT count(*) = $2 FROM delivery WHERE id = ANY ($1)"
        return bool(await self.world.pool.fetchval(query, ids, len(ids)))

    @asynccontextmanager
    async def _intake(self) -> AsyncIterator[None]:
        world, stop = self.world, asyncio.Event()
        intake = Intake(
            self.client, world.store, world.catalogue, SystemClock(), world.metrics, NEVER, self.invitations
        )
        task = asyncio.ensure_future(
            consume(self.client, NOTIFIER_NOTICES, intake, stop=stop, clock=SystemClock())
        )
        try:
            yield
        finally:
            stop.set()
            await task


async def test_an_office_is_told_of_so_many_a_day_in_their_order(world: World, nats_client: Client) -> None:
    """Three a day: seven are told on three days as they came; those of another office at once."""
    days = Days(connected(world, nats_client), nats_client, kyiv_1=3)
    told = [await days.ready(str(number)) for number in range(7)]
    elsewhere = await days.ready("8", office=OTHER)

    await days.take(*told[:2])
    await days.take(*told[2:], elsewhere)

    assert [0, 0, 0, 1, 1, 1, 2] == await days.days(told)
    assert [0] == await days.days([elsewhere])
    row = await world.row(told[6].notice_id)
    assert row["held"]
    assert row["expires_at"] - row["due_at"] > timedelta(days=1)
    assert "09:00" == f"{row['due_at'].astimezone(KYIV):%H:%M}"


async def test_all_who_follow_one_application_hear_of_it_together(world: World, nats_client: Client) -> None:
    """One application is one place of a day, however many follow it, in whatever batch they come."""
    days = Days(connected(world, nats_client), nats_client, kyiv_1=1)
    first, second = EventId("a"), EventId("b")
    told = [
        await days.ready("1", event_id=first),
        await days.ready("2", event_id=second),
        await days.ready("3", event_id=first),
        await days.ready("4", event_id=second),
    ]

    await days.take(*told[:3])
    await days.take(told[3])

    assert [0, 1, 0, 1] == await days.days(told)


async def test_other_news_do_not_wait_for_a_day(world: World, nats_client: Client) -> None:
    """Somebody who is invited later is told of another document now, and of a later stage of this one."""
    world = connected(world, nats_client)
    days = Days(world, nats_client, kyiv_1=1)
    ahead, waits = await days.ready("1"), await days.ready("2")
    await days.take(ahead, waits)
    other = notice(waits.recipient_id, stage="printing")
    issued = notice(waits.recipient_id, subscription=waits.subscription_id, revision=6, stage="issued")

    async with world.sending(await world.lease()):
        await days.take(other)
        await world.ended(ahead.notice_id, other.notice_id)
        assert "pending" == await world.state(waits.notice_id)
        await days.take(issued)
        await world.ended(issued.notice_id, waits.notice_id)

    assert "superseded" == await world.state(waits.notice_id)
    assert ["printing 1 en", "issued 6 en"] == world.channel.texts("2")


async def test_news_before_it_are_not_passed_over_for_what_comes_in_days(
    world: World, nats_client: Client
) -> None:
    """What was held back before an invitation goes out first and is not given up for one of a later day."""
    world = connected(world, nats_client)
    days = Days(world, nats_client, kyiv_1=1)
    ahead, waits = await days.ready("1"), await days.ready("2")
    shipped = notice(waits.recipient_id, subscription=waits.subscription_id, revision=4, stage="shipped")
    await days.take(ahead, shipped, waits)
    await world.pool.execute("UPDATE delivery SET held = true WHERE id = $1", shipped.notice_id)

    async with world.sending(await world.lease()):
        await world.ended(shipped.notice_id)

    assert ("accepted", "pending") == (
        await world.state(shipped.notice_id),
        await world.state(waits.notice_id),
    )


async def test_more_news_of_an_invitation_keep_its_day(world: World, nats_client: Client) -> None:
    """An update of somebody who is invited later comes with the invitation; of somebody who was, at once."""
    days = Days(connected(world, nats_client), nats_client, kyiv_1=1)
    told = [await days.ready("1"), await days.ready("2")]
    await days.take(*told)
    updates = [
        one.model_copy(
            update={
                "notice_id": uuid4(),
                "kind": NoticeKind.UPDATE,
                "revision": 6,
                "event_id": EventId(f"u{number}"),
            }
        )
        for number, one in enumerate(told)
    ]
    later = await days.ready("3")

    await days.take(*updates, later)

    assert [0, 1] == await days.days(updates)
    assert [2] == await days.days([later])


@pytest.mark.parametrize(("a_day", "expected"), [(3, [0, 0, 0, 1, 1]), (2, [0, 0, 1, 1, 2]), (0, [0] * 5)])
async def test_those_who_wait_get_other_days_when_an_office_invites_more_or_fewer(
    world: World, nats_client: Client, a_day: int, expected: list[int]
) -> None:
    """All keep their order; an office that spreads no more (0 here) tells everybody at once."""
    days = Days(connected(world, nats_client), nats_client, kyiv_1=2)
    told = [await days.ready(str(number)) for number in range(5)]
    await days.take(*told)
    lives = [await _life(world, one) for one in told]

    days.set(**({"kyiv_1": a_day} if a_day else {}))
    await days.invitations.once()

    assert expected == await days.days(told)
    assert 0 == await days.invitations.once()
    assert lives == [await _life(world, one) for one in told]


async def test_who_comes_later_is_not_told_before_who_waits(world: World, nats_client: Client) -> None:
    """Where an office invites more than before, newcomers stand behind those who waited."""
    days = Days(connected(world, nats_client), nats_client, kyiv_1=1)
    told = [await days.ready(str(number)) for number in range(3)]
    await days.take(*told)
    later = await days.ready("later")

    days.set(kyiv_1=3)
    await days.take(later)
    assert [0, 1, 2, 2] == await days.days([*told, later])
    await days.invitations.once()

    assert [0, 0, 0, 1] == await days.days([*told, later])


async def test_the_day_of_who_waits_no_more_is_given_to_others(world: World, nats_client: Client) -> None:
    """Who stopped leaves a place, which those behind move up into, and the gauges show it."""
    world = connected(world, nats_client)
    days = Days(world, nats_client, kyiv_1=1)
    told = [await days.ready(str(number)) for number in range(4)]
    await days.take(*told)
    async with world.store.unit() as unit:
        await world.store.withdraw(unit, [told[1].notice_id], "stopped")
    later = await days.ready("later")
    await days.take(later)
    assert [4] == await days.days([later])

    assert 3 == await days.invitations.once()
    await gauges.count_invitations(world.pool, world.metrics)

    assert [0, 1, 2, 3] == await days.days([told[0], told[2], told[3], later])
    sample = world.metrics.registry.get_sample_value
    assert 3 == sample("docwatch_notifier_invitations_waiting", {"office": OFFICE})
    seconds = sample("docwatch_notifier_invitations_last_seconds", {"office": OFFICE})
    assert seconds is not None
    assert 0 < seconds <= timedelta(days=4).total_seconds()


async def _life(world: World, told: Notice) -> timedelta:
    """Return for how long it goes out once it is due."""
    row = await world.row(told.notice_id)
    life: timedelta = row["expires_at"] - (row["due_at"] if row["held"] else told.created_at)
    return timedelta(minutes=round(life / timedelta(minutes=1)))
