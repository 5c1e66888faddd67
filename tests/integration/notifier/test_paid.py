"""What a message costs that we begin, and what becomes of those that cost too much, with two messengers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from sandbox.viber.world.billing import session_after
from services.notifier.delivery.joining import become
from services.notifier.delivery.upkeep.gauges import Queues
from services.notifier.domain.actions import Outbound
from services.notifier.domain.messages import Message
from services.notifier.domain.results import NotSent, Result, Unreachable
from services.notifier.domain.sessions import Tariff
from services.notifier.operators.accounts import Accounts, Paid
from services.notifier.recipients.addresses import Place
from services.notifier.wording.markup import literal
from tests.integration.notifier.routes import ACTIONABLE, person_of_both
from tests.integration.notifier.world import CLOCK, World, make_world, notice
from tests.waiting import until

ZONE = ZoneInfo("Europe/Kyiv")
MONTH = Tariff(ZONE, None).month(datetime.now(UTC))
SPENT = "SELECT coalesce(sum(sent), 0)::int FROM paid_message WHERE account = 'viber' AND month = $1"


@pytest.fixture
def viber(world: World) -> World:
    """A second messenger, which costs money, one message a month at most."""
    made = make_world(
        world.pool, world.outbox, world.recipients.of_account("viber"), world.catalogue, world.voice
    )
    return priced(made, 1)


def priced(world: World, ceiling: int | None) -> World:
    """Return the messenger with another ceiling."""
    return replace(world, tools=replace(world.tools, tariff=Tariff(ZONE, ceiling)))


async def silent(world: World, hours: int = 48) -> None:
    """Let everybody have written last, and begun a session, so many hours ago."""
    ago = datetime.now(UTC) - timedelta(hours=hours)
    await world.pool.execute("UPDATE address SET heard_at = $1, session_from = $1", ago)


async def strangers(world: World, count: int) -> list[RecipientId]:
    """Put people on record who have not written for long."""
    people = [await world.person(str(number)) for number in range(1, count + 1)]
    await silent(world)
    return people


async def is_held(world: World, *deliveries: UUID) -> None:
    """Wait until these deliveries wait for the next month."""

    async def held() -> bool:
        found = [await world.row(one) for one in deliveries]
        return all(row["unpaid"] and row["state"] == "pending" for row in found)

    await until(held)


async def spent(world: World) -> int:
    """Return how many messages were paid for in this month."""
    return int(await world.pool.fetchval(SPENT, MONTH))


async def test_beyond_the_ceiling_news_wait_for_the_next_month(viber: World) -> None:
    """One message is paid for and counted; the other waits, its reader as reachable as before."""
    notices = [notice(person) for person in await strangers(viber, 2)]
    await viber.keep(*notices)

    async with viber.sending(await viber.lease()):
        await viber.ended(notices[0].notice_id)
        await is_held(viber, notices[1].notice_id)

    row = await viber.row(notices[1].notice_id)
    end = Tariff(ZONE, None).end(MONTH)
    assert row["held"]
    assert abs(row["due_at"] - end) < timedelta(minutes=1)
    assert (1, 1) == (len(viber.channel.sent), await spent(viber))
    lost = await viber.pool.fetchval("SELECT count(*) FROM address WHERE unreachable_since IS NOT NULL")
    assert lost == 0


async def test_what_one_must_act_on_goes_out_beyond_the_ceiling(viber: World) -> None:
    """It is counted, and passes what waits for the same person."""
    (person,) = await strangers(viber, 1)
    await viber.pool.execute("INSERT INTO paid_message VALUES ('viber', $1, 1)", MONTH)
    waits, urgent = notice(person), notice(person, stage=ACTIONABLE)
    await viber.keep(waits)

    async with viber.sending(await viber.lease()):
        await is_held(viber, waits.notice_id)
        await viber.keep(urgent)
        await viber.ended(urgent.notice_id)

    assert ("accepted", "pending") == (
        await viber.state(urgent.notice_id),
        await viber.state(waits.notice_id),
    )
    assert await spent(viber) == 2


async def test_beyond_the_ceiling_news_go_to_the_next_address(world: World, viber: World) -> None:
    """Where the route goes on the notice goes at once, not as one that was held, and nothing is paid for."""
    person = await person_of_both(viber, world, "7")
    await silent(world)
    viber = priced(viber, 0)
    news = notice(person)
    await viber.keep(news)

    async with viber.sending(await viber.lease()), world.sending(await world.lease()):
        await viber.ended(news.notice_id)

    row = await viber.row(news.notice_id)
    assert ("accepted", "telegram", False, False) == (
        row["state"],
        row["channel"],
        row["held"],
        row["unpaid"],
    )
    assert (0, 0, 1) == (len(viber.channel.sent), await spent(viber), len(world.channel.sent))
    assert [None, None] == [
        row["unreachable_since"] for row in await world.pool.fetch("SELECT unreachable_since FROM address")
    ]


async def test_who_writes_is_told_at_once_for_nothing(viber: World) -> None:
    """What waits for the next month goes out when its reader begins a conversation."""
    viber = priced(viber, 0)
    first, second = [notice(person) for person in await strangers(viber, 2)]
    await viber.keep(first, second)

    async with viber.sending(await viber.lease()):
        await is_held(viber, first.notice_id, second.notice_id)
        await viber.pool.execute(
            "UPDATE address SET heard_at = now() WHERE recipient_id = $1",
            first.recipient_id,
        )
        await viber.ended(first.notice_id)

    assert ("accepted", "pending") == (
        await viber.state(first.notice_id),
        await viber.state(second.notice_id),
    )
    assert await spent(viber) == 0


async def test_what_waits_goes_to_an_address_that_is_added(world: World, viber: World) -> None:
    """A person who adds another messenger is told there at once what costs too much here."""
    viber = priced(viber, 0)
    (person,) = await strangers(viber, 1)
    news = notice(person)
    await viber.keep(news)

    async with viber.sending(await viber.lease()), world.sending(await world.lease()):
        await is_held(viber, news.notice_id)
        await added(world, person)
        await viber.ended(news.notice_id)

    row = await viber.row(news.notice_id)
    assert ("accepted", "telegram", False) == (row["state"], row["channel"], row["unpaid"])


async def test_what_waits_goes_on_at_once_where_its_address_is_lost(world: World, viber: World) -> None:
    """Who blocks a messenger that costs too much is told by the next one, not in the next month."""
    (person,) = await strangers(viber, 1)
    news = notice(person)
    await viber.keep(news)
    await added(world, person)
    await viber.pool.execute(
        "UPDATE delivery SET held = true, unpaid = true, due_at = now() + interval '9 days'"
    )
    async with viber.store.unit() as unit:
        await unit.connection.execute(
            "UPDATE address SET (unreachable_since, unreachable_reason) = (now(), 'blocked') WHERE id = $1",
            person,
        )
        await viber.store.leave_unreachable(unit, [person])

    async with world.sending(await world.lease()):
        await world.ended(news.notice_id)

    assert ("accepted", 1) == (await viber.state(news.notice_id), len(world.channel.sent))


@pytest.mark.parametrize("hours", [0, 23])
async def test_inside_a_session_nothing_is_paid_for(viber: World, hours: int) -> None:
    """Whoever wrote within a day is written to whatever the ceiling."""
    viber = priced(viber, 0)
    person = await viber.person("7")
    await silent(viber, hours)
    news = notice(person)
    await viber.keep(news)

    async with viber.sending(await viber.lease()):
        await viber.ended(news.notice_id)

    assert ("accepted", 0) == (await viber.state(news.notice_id), await spent(viber))
    assert viber.measured("paid_messages_total", channel="viber") == 0.0


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 80), min_size=1, max_size=8).map(sorted))
@example([0, 20, 23, 24, 30, 47, 48])
async def test_sessions_begin_as_those_of_the_messenger(viber: World, hours: list[int]) -> None:
    """Whatever is written, a session begins where none is open, and lasts a day: so Viber counts, too."""
    address, began = str(uuid4()), None
    for hour in hours:
        wrote = CLOCK.now() + timedelta(hours=hour)
        async with viber.store.unit() as unit:
            known = await viber.recipients.find(unit.connection, address)
            place = await viber.recipients.put(unit.connection, known, address, wrote)
            found = await unit.connection.fetchval(
                "SELECT session_from FROM address WHERE id = $1", place.address_id
            )
        began = session_after(began, wrote)

        assert began == found


async def test_an_answer_costs_nothing(viber: World) -> None:
    """Answers go out whatever was spent, even where the clock says that the session is over."""
    viber = priced(viber, 0)
    await strangers(viber, 1)
    await answer(viber, Message(literal("so it is")))

    async with viber.sending(await viber.lease()):
        await until(lambda: _sent(viber))

    assert await spent(viber) == 0


@pytest.mark.parametrize("refusal", [Unreachable("blocked"), NotSent("no connection")])
async def test_what_is_not_accepted_costs_nothing(viber: World, refusal: Result) -> None:
    """A message that the messenger did not take leaves its money to another."""
    first, second = [notice(person) for person in await strangers(viber, 2)]
    viber.channel.scripts["1"] = [refusal, Unreachable("blocked")]
    await viber.keep(first)

    async with viber.sending(await viber.lease()):
        await viber.ended(first.notice_id)
        await viber.keep(second)
        await viber.ended(second.notice_id)

    assert ("accepted", 1) == (await viber.state(second.notice_id), await spent(viber))


async def test_the_next_owner_goes_on_counting_where_the_last_one_was(viber: World) -> None:
    """What was spent counts for whoever sends, in its month alone; a higher ceiling lets go what waited."""
    last_month = (MONTH - timedelta(days=1)).replace(day=1)
    await viber.pool.execute("INSERT INTO paid_message VALUES ('viber', $1, 99, 99)", last_month)
    notices = [notice(person) for person in await strangers(viber, 3)]
    await viber.keep(notices[0])
    lease = await viber.lease()
    async with viber.sending(lease):
        await viber.ended(notices[0].notice_id)
    await viber.keep(*notices[1:])
    async with viber.sending(lease):
        await is_held(viber, *ids(notices[1:]))
    richer = priced(viber, 2)
    async with richer.sending(lease):
        await richer.ended(notices[1].notice_id)
        await is_held(richer, notices[2].notice_id)

    assert (2, 2.0) == (await spent(viber), viber.measured("paid_messages_total", channel="viber"))


async def test_operators_see_what_an_account_cost(viber: World) -> None:
    """The month's messages and their ceiling are listed and measured."""
    (person,) = await strangers(viber, 1)
    news = notice(person)
    await viber.keep(news)
    async with viber.sending(await viber.lease()):
        await viber.ended(news.notice_id)
    await Queues(viber.pool, viber.metrics, ["viber"]).count_paid()

    assert Paid(MONTH, 1, 1) in [one.paid for one in await Accounts(viber.pool, CLOCK, "me").known()]
    assert (1.0, 1.0) == (
        viber.measured("paid_this_month", channel="viber"),
        viber.measured("paid_ceiling", channel="viber"),
    )


async def added(world: World, person: RecipientId) -> None:
    """Give somebody this messenger's address as well, behind those they have."""
    other, preferences = await world.person("99"), world.recipients.preferences
    async with world.store.unit() as unit:
        await become(world.store, preferences, unit, [other], person, twice={}, at=CLOCK.now())


def ids(notices: list[Notice]) -> list[UUID]:
    """Return the ids of deliveries."""
    return [one.notice_id for one in notices]


async def answer(world: World, message: Message) -> None:
    """Answer the person at the address 1."""
    found = await world.recipients.find(world.pool, "1")
    assert found is not None
    async with world.store.unit() as unit:
        place = Place(found.id, found.address_id)
        await world.store.store_answers(unit, world.recipients, place, "1", [Outbound(message)])


async def _sent(world: World) -> bool:
    return bool(world.channel.sent)
