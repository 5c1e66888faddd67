"""What happens to appointments by themselves: reminders once, ends, earlier times, forgetting."""

from uuid import uuid4

import pytest
from nats.aio.client import Client

from contracts.messages.desk.appointments import NewsKind
from contracts.messages.forget import Forget
from contracts.messages.ids import RecipientId, SubscriptionId
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.appointments.forgetting import ForgetConsumer
from services.desk.appointments.upkeep import Purge
from tests.integration.desk.booking import MONDAY, Counter, at, later


@pytest.fixture
def counter(pool: Pool) -> Counter:
    return Counter(pool, places=1)


async def test_everybody_is_reminded_once_the_day_before(counter: Counter) -> None:
    """Nobody a day too early, nobody twice, and nobody who booked when it was the day before already."""
    early, late = counter.tracker.person(), counter.tracker.person()
    await counter.booked(early, at(9, day=4))
    counter.clock.at = at(8, 59, day=3)
    assert await counter.upkeep.remind() == 0
    await counter.booked(late, at(11, 30, day=3))
    counter.clock.at = at(9, day=3)
    assert await counter.upkeep.remind() == 1
    assert await counter.upkeep.remind() == 0
    (told,) = await counter.told()
    assert (told.kind, told.recipient_id, told.starts_at) == (
        NewsKind.REMINDER,
        early.recipient,
        at(9, day=4),
    )
    assert told.expires_at == at(9, day=4)


async def test_who_has_moved_is_reminded_of_the_new_time(counter: Counter) -> None:
    """A reminder is of a booking: whoever moves it is reminded of the one that stands."""
    who = counter.tracker.person()
    await counter.booked(who, at(9, day=4))
    await counter.booked(who, at(10, day=6))
    counter.clock.at = at(9, day=3)
    assert await counter.upkeep.remind() == 0
    counter.clock.at = at(10, day=5)
    assert await counter.upkeep.remind() == 1


async def test_what_is_issued_or_withdrawn_ends_its_appointment(counter: Counter) -> None:
    """A document that is not ready any more frees its place; a tracker without an answer ends none."""
    who, next_one = counter.tracker.person(), counter.tracker.person()
    await counter.booked(who, at(10, day=4))
    counter.tracker.issue(who)
    counter.tracker.away = True
    counter.clock.at = MONDAY + later(1)
    await counter.upkeep.once()
    assert await counter.statuses() == ["booked"]
    counter.tracker.away = False
    await counter.upkeep.once()
    assert await counter.statuses() == ["ended"]
    assert await counter.told() == []
    await counter.booked(next_one, at(10, day=4))


async def test_whose_document_is_sent_elsewhere_is_told(counter: Counter) -> None:
    """An appointment at an office where the document is not any more ends, and its person hears of it."""
    who = counter.tracker.person()
    await counter.booked(who, at(10, day=4))
    counter.tracker.send_to(who, "kyiv-1")
    counter.clock.at = MONDAY + later(1)
    await counter.upkeep.check()
    assert [one.kind for one in await counter.told()] == [NewsKind.CLOSED]


async def test_two_who_became_one_keep_their_appointment(counter: Counter) -> None:
    """After a join the appointment is under the names that stand."""
    who = counter.tracker.person()
    await counter.booked(who, at(10, day=4))
    key = who.recipient, who.subscription
    into, stays = RecipientId(uuid4()), SubscriptionId(uuid4())
    counter.tracker.ready_[key] = counter.tracker.ready_[key].model_copy(
        update={"recipient_id": into, "subscription_id": stays}
    )
    counter.clock.at = MONDAY + later(0.1)
    await counter.upkeep.check()
    row = await counter.pool.fetchrow("SELECT recipient_id, subscription_id, status FROM appointment")
    assert row is not None
    assert tuple(row) == (into, stays, "booked")


async def test_an_earlier_time_is_offered_to_who_waits_and_taken_by_a_tap(counter: Counter) -> None:
    """What is given back is offered to those who wait for something earlier; taking it ends the waiting."""
    first, waiting = counter.tracker.person(), counter.tracker.person()
    for half in range(6):
        hour, minute = divmod(9 * 60 + half * 30, 60)
        who = first if half == 0 else counter.tracker.person()
        await counter.booked(who, at(hour, minute))
    await counter.booked(waiting, at(9, day=3))
    await counter.booking.wait(waiting.wait())
    assert await counter.upkeep.offer() == 0
    await counter.booking.give_back(first.give_back())
    assert await counter.upkeep.offer() == 1
    assert await counter.upkeep.offer() == 0
    (told,) = await counter.told()
    assert (told.kind, told.recipient_id, told.starts_at) == (NewsKind.EARLIER, waiting.recipient, at(9))
    await counter.booked(waiting, told.starts_at)
    assert await counter.pool.fetchval("SELECT count(*) FROM waiting_earlier") == 0


async def test_who_is_not_ready_waits_no_longer(counter: Counter) -> None:
    """Whoever has their document is offered nothing more."""
    who = counter.tracker.person()
    await counter.booking.wait(who.wait())
    counter.tracker.issue(who)
    counter.clock.at = MONDAY + later(0.1)
    await counter.upkeep.once()
    assert await counter.pool.fetchval("SELECT count(*) FROM waiting_earlier") == 0
    assert await counter.told() == []


async def test_forgetting_frees_the_place_and_leaves_nothing_of_the_person(counter: Counter) -> None:
    """After it no row says whose it was, what was booked is free, and the same wish again does nothing."""
    who = counter.tracker.person()
    await counter.booked(who, at(9))
    await counter.booking.wait(who.wait())
    forgetting = ForgetConsumer(
        counter.pool, Outbox(counter.pool, StreamWriter(Client()), counter.clock), counter.clock
    )
    wish = Forget(recipient_id=who.recipient, at=MONDAY)
    for _ in range(2):
        await forgetting._take([wish])
    row = await counter.pool.fetchrow(
        "SELECT recipient_id, subscription_id, application, status FROM appointment"
    )
    assert row is not None
    assert tuple(row) == (None, None, None, "given_back")
    assert await counter.pool.fetchval("SELECT count(*) FROM waiting_earlier") == 0
    await counter.booked(counter.tracker.person(), at(9))


async def test_what_is_long_over_is_removed(counter: Counter) -> None:
    """An appointment is kept for so many days after its time, and no longer."""
    await counter.booked(counter.tracker.person(), at(9))
    purge = Purge(counter.pool, counter.clock, later(30))
    counter.clock.at = MONDAY + later(30)
    assert await purge.once() == 0
    counter.clock.at = MONDAY + later(31)
    assert await purge.once() == 1


async def test_the_gauges_say_what_stands_is_free_and_waits(counter: Counter) -> None:
    """Operators see by office how many appointments stand, how many places are free, and who waits."""
    who = counter.tracker.person()
    await counter.booked(who, at(9))
    await counter.booking.wait(who.wait())
    await counter.upkeep.look()
    registry = counter.metrics.registry
    office = {"office": "vinnytsia"}
    assert registry.get_sample_value("docwatch_desk_appointments", office) == 1
    # Eleven days with work up to the sixteenth, the holiday of the eighth moved to none of them.
    assert registry.get_sample_value("docwatch_desk_appointments_free", office) == 11 * 6 - 1
    assert registry.get_sample_value("docwatch_desk_appointments_waiting", office) == 1
