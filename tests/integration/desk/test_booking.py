"""Who gets a time is decided by the database: no place twice, no application twice, whoever comes at once."""

import asyncio
from collections import Counter as Tally
from uuid import uuid4

import pytest

from contracts.messages.desk.appointments import (
    Booked,
    GivenBack,
    OwnQuery,
    Refused,
    Slots,
    SlotsQuery,
    Waiting,
)
from runtime.database.postgres import Pool
from services.desk.appointments.looking import Looking
from tests.integration.desk.booking import MONDAY, OFFICE, Counter, at, later


@pytest.fixture
def counter(pool: Pool) -> Counter:
    return Counter(pool)


async def test_a_thousand_at_once_for_ten_places_ten_get_one(pool: Pool) -> None:
    """However many ask at once for a time, as many get it as it has places; others hear that it is full."""
    counter = Counter(pool, places=10)
    people = [counter.tracker.person() for _ in range(1000)]
    answers = await asyncio.gather(*(counter.booking.book(who.book(at(9))) for who in people))
    reasons = Tally(one.reason if isinstance(one, Refused) else "booked" for one in answers)
    assert reasons == {"booked": 10, "full": 990}
    assert await counter.standing() == [(at(9), place) for place in range(10)]


async def test_one_application_has_one_appointment_whoever_asks_how_often(counter: Counter) -> None:
    """Many wishes for one application at once, for different times, leave one that stands."""
    who = counter.tracker.person()
    times = [at(9), at(9, 30), at(10), at(10, 30), at(11)]
    answers = await asyncio.gather(*(counter.booking.book(who.book(times[n % 5])) for n in range(50)))
    assert {type(one) for one in answers} == {Booked}
    assert len(await counter.standing()) == 1


async def test_people_who_move_at_once_never_share_a_place(pool: Pool) -> None:
    """Moves in all directions at once keep every place with one person, and nobody without one."""
    counter = Counter(pool, places=3)
    times = [at(9), at(9, 30), at(10), at(10, 30)]
    people = [counter.tracker.person() for _ in range(10)]
    for number, who in enumerate(people):
        await counter.booked(who, times[number % 4])
    moves = [
        counter.booking.book(who.book(times[(n + step) % 4]))
        for n, who in enumerate(people)
        for step in (1, 2, 3)
    ]
    await asyncio.gather(*moves)
    held = await counter.standing()
    assert len(held) == len(set(held)) == 10


async def test_the_same_wish_twice_is_one_booking(counter: Counter) -> None:
    """A call that is made again, even after all was moved, is answered by what stands."""
    who, booking = counter.tracker.person(), uuid4()
    first = await counter.booking.book(who.book(at(9), booking))
    again = await counter.booking.book(who.book(at(9), booking))
    assert first == again
    moved = await counter.booked(who, at(10))
    late = await counter.booking.book(who.book(at(9), booking))
    assert isinstance(late, Booked)
    assert late.appointment == moved.appointment


async def test_moving_keeps_the_old_time_where_the_new_one_is_full(pool: Pool) -> None:
    """Nobody loses what they have by asking for what they do not get."""
    counter = Counter(pool, places=1)
    mine, other = counter.tracker.person(), counter.tracker.person()
    await counter.booked(mine, at(9))
    await counter.booked(other, at(10))
    assert await counter.refused(mine, at(10)) == "full"
    assert await counter.standing() == [(at(9), 0), (at(10), 0)]
    answer = await counter.booked(mine, at(11))
    assert answer.moved_from == at(9)
    assert await counter.standing() == [(at(10), 0), (at(11), 0)]


async def test_given_back_is_free_at_once(pool: Pool) -> None:
    """A place that was given back is booked by the next; giving back twice changes nothing."""
    counter = Counter(pool, places=1)
    mine, other = counter.tracker.person(), counter.tracker.person()
    await counter.booked(mine, at(9))
    assert await counter.booking.give_back(mine.give_back()) == GivenBack(changed=True)
    assert await counter.booking.give_back(mine.give_back()) == GivenBack(changed=False)
    await counter.booked(other, at(9))


async def test_only_who_follows_a_ready_document_books(counter: Counter) -> None:
    """Without a document that waits at such an office nothing can be booked, and it is said why."""
    gone = counter.tracker.person()
    counter.tracker.issue(gone)
    assert await counter.refused(gone, at(9)) == "not_ready"
    assert await counter.refused(counter.tracker.person(office="kyiv-1"), at(9)) == "not_ready"
    counter.tracker.away = True
    assert await counter.refused(counter.tracker.person(), at(9)) == "unavailable"
    assert await counter.standing() == []


async def test_what_another_follower_booked_is_theirs(counter: Counter) -> None:
    """Of two who follow one application one books; the other learns that it is taken, and not when it is."""
    first = counter.tracker.person()
    second = counter.tracker.person(first.application)
    await counter.booked(first, at(9))
    assert await counter.refused(second, at(10)) == "taken"
    assert await counter.booking.give_back(second.give_back()) == Refused(reason="taken")
    assert await counter.booking.wait(second.wait()) == Refused(reason="taken")
    looked = await Looking(counter.booking).slots(SlotsQuery(**second.asked.model_dump()))
    assert looked == Refused(reason="taken")


@pytest.mark.parametrize(
    "starts_at", [at(8), at(9, 10), at(12), at(9, day=7), at(9, day=30), MONDAY - later(3)]
)
async def test_a_time_that_is_none_cannot_be_booked(counter: Counter, starts_at: object) -> None:
    """Too early, between two slots, after hours, on a Saturday, too far ahead and in the past."""
    assert await counter.refused(counter.tracker.person(), starts_at) == "gone"  # type: ignore[arg-type]  # a parameter


async def test_what_is_shown_is_what_can_be_booked(pool: Pool) -> None:
    """A time whose places are taken is not shown; what one has, and whether one waits, is."""
    counter = Counter(pool, places=1)
    mine, other = counter.tracker.person(), counter.tracker.person()
    await counter.booked(other, at(9))
    booked = await counter.booked(mine, at(10))
    assert await counter.booking.wait(mine.wait()) == Waiting(on=True)
    query = SlotsQuery(day=at(9).date(), **mine.asked.model_dump())
    found = await Looking(counter.booking).slots(query)
    assert isinstance(found, Slots)
    assert [day.starts for day in found.days] == [(at(9, 30), at(10, 30), at(11), at(11, 30))]
    assert (found.booked, found.waiting, found.office) == (booked.appointment, True, OFFICE)
    every = await Looking(counter.booking).slots(SlotsQuery(**mine.asked.model_dump()))
    assert isinstance(every, Slots)
    assert [(day.free, day.starts) for day in every.days][:2] == [(4, ()), (6, ())]


async def test_other_slots_of_before_hold_their_places(pool: Pool) -> None:
    """Where slots had another length before, nobody is put into a place that somebody still has."""
    before = Counter(pool, places=1, terms={"slot": "45 min"})
    await before.booked(before.tracker.person(), at(9, 45))
    now = Counter(pool, places=1)
    assert await now.refused(now.tracker.person(), at(9, 30)) == "full"
    assert await now.refused(now.tracker.person(), at(10)) == "full"
    await now.booked(now.tracker.person(), at(10, 30))


async def test_everything_of_a_person_is_told_to_them(counter: Counter) -> None:
    """All appointments of somebody, over or not, oldest first, and nobody else's."""
    who, other = counter.tracker.person(), counter.tracker.person()
    await counter.booked(who, at(9))
    await counter.booked(who, at(10))
    await counter.booked(other, at(9))
    own = await Looking(counter.booking).own(OwnQuery(recipient_id=who.recipient))
    assert [(one.starts_at, one.status) for one in own.appointments] == [(at(9), "moved"), (at(10), "booked")]
