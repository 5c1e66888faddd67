"""An account of SMS at work: what STOP does to a route, what parts cost, quiet hours, odd texts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.notifier.channels.sms.channel import CAPABILITIES
from services.notifier.delivery.sending.restraint import PaidMessages, Restraint
from services.notifier.domain.actions import Outbound
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Incoming,
    Unblocked,
    update_number,
)
from services.notifier.domain.messages import Message
from services.notifier.domain.quiet_hours import OwnHours, Quiet
from services.notifier.domain.results import Accepted
from services.notifier.domain.sessions import SESSION, Tariff
from services.notifier.recipients.addresses import Place
from services.notifier.wording.markup import literal
from tests.integration.notifier.routes import ACTIONABLE, person_of_both
from tests.integration.notifier.world import CLOCK, World, make_world, notice
from tests.waiting import until

NUMBER = "+380671234567"
ZONE = ZoneInfo("Europe/Kyiv")
MONTH = Tariff(ZONE, None).month(datetime.now(UTC))
SPENT = "SELECT coalesce(sum(sent), 0)::int FROM paid_message WHERE account = 'sms' AND month = $1"


@pytest.fixture
def sms(world: World) -> World:
    """An account that only tells and costs money by the part, ten parts a month at most."""
    made = make_world(
        world.pool, world.outbox, world.recipients.of_account("sms"), world.catalogue, world.voice
    )
    made.channel.able = CAPABILITIES
    return priced(made, 10)


def priced(world: World, ceiling: int | None) -> World:
    """Return the account with another ceiling."""
    return replace(world, tools=replace(world.tools, tariff=Tariff(ZONE, ceiling, session=None)))


async def came(world: World, body: Body, address: str = NUMBER, update: str | None = None) -> None:
    """Take in what the gateway posted."""
    identity = update or str(uuid4())
    incoming = Incoming(identity, address, private=True, language=None, at=CLOCK.now(), body=body)
    await world.updates().take_one(incoming)


async def spent(world: World) -> int:
    """Return how many parts were paid for in this month."""
    return int(await world.pool.fetchval(SPENT, MONTH))


async def reason(world: World) -> str | None:
    """Return why the number cannot be written to; None where it can."""
    query = "SELECT unreachable_reason FROM address WHERE channel = 'sms'"
    found: str | None = await world.pool.fetchval(query)
    return found


async def test_stop_ends_texts_at_once(sms: World) -> None:
    """From STOP on nothing is sent to the number and nothing answered; what waited says why it ended."""
    person = await sms.person(NUMBER)
    waits = notice(person)
    await sms.keep(waits)
    await came(sms, Blocked("stopped"))
    later = notice(person, stage=ACTIONABLE)
    await sms.keep(later)

    async with sms.sending(await sms.lease()):
        await sms.ended(waits.notice_id, later.notice_id)

    ends = [await sms.row(one.notice_id) for one in (waits, later)]
    assert [("undeliverable", "stopped")] * 2 == [(row["state"], row["reason"]) for row in ends]
    assert ([], "stopped") == (sms.channel.sent, await reason(sms))


async def test_start_lets_texts_come_again(sms: World) -> None:
    """START after STOP makes the number one to write to; neither is answered."""
    person = await sms.person(NUMBER)
    await came(sms, Blocked("stopped"))
    await came(sms, Unblocked())
    news = notice(person)
    await sms.keep(news)

    async with sms.sending(await sms.lease()):
        await sms.ended(news.notice_id)

    assert ("accepted", None) == (await sms.state(news.notice_id), await reason(sms))
    assert [NUMBER] == [address for address, _ in sms.channel.sent]


async def test_a_repeated_stop_changes_nothing(sms: World) -> None:
    """A post that the gateway repeats after the person said START again is the one that was taken before."""
    await sms.person(NUMBER)
    await came(sms, Blocked("stopped"), update="text:7")
    await came(sms, Unblocked(), update="text:8")
    await came(sms, Blocked("stopped"), update="text:7")

    assert await reason(sms) is None


async def test_after_stop_the_next_address_is_told(world: World, sms: World) -> None:
    """Who stops texts is still told by the messenger that they use as well."""
    person = await person_of_both(sms, world, NUMBER)
    news = notice(person)
    await sms.keep(news)
    await came(sms, Blocked("stopped"))

    async with sms.sending(await sms.lease()), world.sending(await world.lease()):
        await world.ended(news.notice_id)

    row = await sms.row(news.notice_id)
    assert ("accepted", "telegram", []) == (row["state"], row["channel"], sms.channel.sent)


@pytest.mark.parametrize("body", [Blocked("stopped"), Unblocked(), DeliveryReceipt("7", "delivered")])
async def test_nobody_is_put_on_record_by_what_comes_in(sms: World, body: Body) -> None:
    """A wish or a receipt of a number that nobody has leaves nothing behind and sends nothing."""
    await came(sms, body)

    assert (0, 0) == (await sms.count("recipient"), await sms.count("delivery"))


async def test_a_receipt_for_somebody_who_is_gone_by_now_is_passed_over(sms: World) -> None:
    """A guest's row goes with their one message, while the receipt of it is on its way in."""
    person = await sms.person(NUMBER)
    other = await sms.pool.acquire()
    try:
        async with other.transaction():
            await other.execute("DELETE FROM address WHERE recipient_id = $1", person)
            await other.execute("DELETE FROM recipient WHERE id = $1", person)
            noting = asyncio.create_task(came(sms, DeliveryReceipt("7", "delivered")))
            await until(lambda: _somebody_waits(sms))
    finally:
        await sms.pool.release(other)
    await noting

    assert 0 == await sms.pool.fetchval("SELECT count(*) FROM receipt")


async def test_each_part_is_paid_for(sms: World) -> None:
    """A text of three parts costs three, whenever its reader was last heard of."""
    person = await sms.person(NUMBER)
    sms.channel.scripts[NUMBER] = [Accepted("a", 3)]
    news = notice(person)
    await sms.keep(news)

    async with sms.sending(await sms.lease()):
        await sms.ended(news.notice_id)

    assert (3, 3.0) == (await spent(sms), sms.measured("paid_messages_total", channel="sms"))


async def test_the_ceiling_is_one_of_parts(sms: World) -> None:
    """Where a text used up the month's parts, news wait and what one must act on goes out."""
    person = await sms.person(NUMBER)
    sms.channel.scripts[NUMBER] = [Accepted("a", 10), Accepted("b", 2)]
    first, second, urgent = notice(person), notice(person), notice(person, stage=ACTIONABLE)
    await sms.keep(first)

    async with sms.sending(await sms.lease()):
        await sms.ended(first.notice_id)
        await sms.keep(second)
        await until(lambda: _unpaid(sms, second.notice_id))
        await sms.keep(urgent)
        await sms.ended(urgent.notice_id)

    assert ("pending", 12) == (await sms.state(second.notice_id), await spent(sms))


@pytest.mark.parametrize(("session", "goes"), [(None, False), (SESSION, True)])
async def test_a_number_that_was_heard_of_opens_no_session(
    sms: World, *, session: timedelta | None, goes: bool
) -> None:
    """What waits for the next month goes on waiting, where a messenger with sessions would let it go."""
    sms = priced(sms, 0)
    news = notice(await sms.person(NUMBER))
    await sms.keep(news)
    async with sms.sending(await sms.lease()):
        await until(lambda: _unpaid(sms, news.notice_id))
    await sms.pool.execute("UPDATE address SET heard_at = now(), session_from = now()")
    tariff = Tariff(ZONE, 0, session)
    restraint = Restraint(sms.tools.quiet, tariff, PaidMessages(sms.pool, "sms"), sms.tools.metrics)
    await restraint.look(CLOCK.now())
    await restraint.release(CLOCK.now())

    query = "SELECT due_at <= clock_timestamp() FROM delivery WHERE id = $1"
    assert goes == await sms.pool.fetchval(query, news.notice_id)


async def test_an_answer_is_paid_for_and_never_waits(sms: World) -> None:
    """A code that somebody asked for goes out beyond the ceiling, and is counted."""
    sms = priced(sms, 0)
    await sms.person(NUMBER)
    await answer(sms, Message(literal("Code 123 456")))

    async with sms.sending(await sms.lease()):
        await until(lambda: _spent(sms, 1))

    assert ["Code 123 456"] == sms.channel.texts(NUMBER)


async def test_no_text_goes_out_in_quiet_hours(sms: World) -> None:
    """In them even what one must act on waits; a code that somebody asks for then does not."""
    now = datetime.now(ZONE)
    hours = OwnHours(_clock(now - timedelta(hours=1)), _clock(now + timedelta(hours=2)))
    sms = replace(sms, tools=replace(sms.tools, quiet=Quiet(hours, ZONE)))
    person = await sms.person(NUMBER)
    urgent = notice(person, stage=ACTIONABLE)
    await sms.keep(urgent)
    await answer(sms, Message(literal("Code 123 456")))

    async with sms.sending(await sms.lease()):
        await until(lambda: _spent(sms, 1))
        await until(lambda: _held(sms, urgent.notice_id))

    assert ["Code 123 456"] == sms.channel.texts(NUMBER)


@dataclass
class Fetched:
    """A channel whose receipts are fetched, each once."""

    batches: list[Sequence[Incoming]]
    asked: list[int | None]
    over: asyncio.Event

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return the next batch; wait where there is none."""
        self.asked.append(after)
        if self.batches:
            return self.batches.pop(0)
        self.over.set()
        await asyncio.sleep(wait)
        return ()


async def test_what_is_fetched_without_numbers_is_taken_one_by_one(sms: World) -> None:
    """Identities of any kind and order are each taken once, and confirmed when all of a batch are."""
    person = await sms.person(NUMBER)
    at = CLOCK.now()

    def receipt(identity: str) -> Incoming:
        told = DeliveryReceipt(identity, "delivered")
        return Incoming(identity, NUMBER, private=True, language=None, at=at, body=told)

    fetched = Fetched([[receipt("b"), receipt("a")], [receipt("a"), receipt("c")]], [], asyncio.Event())
    sms.channel.fetch = fetched.fetch  # type: ignore[method-assign]  # what the network tells
    stop = asyncio.Event()
    running = asyncio.create_task(sms.updates().run(stop))
    await asyncio.wait_for(fetched.over.wait(), 10)
    stop.set()
    await running

    kept = await sms.pool.fetch("SELECT reference FROM receipt WHERE recipient_id = $1", person)
    assert {"sms a", "sms b", "sms c"} == {row["reference"] for row in kept}
    assert [None, update_number("a"), update_number("c")] == fetched.asked[:3]
    assert 0 == await sms.pool.fetchval("SELECT count(*) FROM channel_offset WHERE channel = 'sms'")


def _clock(at: datetime) -> time:
    return at.time().replace(second=0, microsecond=0)


async def answer(world: World, message: Message) -> None:
    """Have the person at the number answered."""
    found = await world.recipients.find(world.pool, NUMBER)
    assert found is not None
    async with world.store.unit() as unit:
        place = Place(found.id, found.address_id)
        await world.store.store_answers(unit, world.recipients, place, str(uuid4()), [Outbound(message)])
    world.tools.wake.set()


async def _unpaid(world: World, delivery: object) -> bool:
    query = "SELECT unpaid AND state = 'pending' FROM delivery WHERE id = $1"
    return bool(await world.pool.fetchval(query, delivery))


async def _held(world: World, delivery: object) -> bool:
    query = "SELECT held AND state = 'pending' AND due_at > now() FROM delivery WHERE id = $1"
    return bool(await world.pool.fetchval(query, delivery))


async def _spent(world: World, parts: int) -> bool:
    return await spent(world) == parts


async def _somebody_waits(world: World) -> bool:
    query = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')"
    return bool(await world.pool.fetchval(query))
