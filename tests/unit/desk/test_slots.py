"""Which times an office has follows from its hours, capacity, holidays and closed times; nothing else."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import Appointments, Holidays, Office
from services.desk.domain.slots import Closed, Timetable, Waiter, offers, remind_at
from worktime.calendar import calendar_of

KYIV = ZoneInfo("Europe/Kyiv")
MONDAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
"""Seven o'clock in Kyiv."""
HOLIDAYS = Holidays.model_validate(
    {"country": "UA", "dates": ["2026-03-04"], "moved": {"2026-03-14": "2026-03-13"}}
)


def table(hours: str = "Mo-Fr 09:00-18:00; PH off", **terms: object) -> Timetable:
    fields: dict[str, object] = {
        "slot": "30 min",
        "capacity": {"Mo-Fr": {"09:00-12:00": 2}},
        "ahead_days": 14,
        **terms,
    }
    office = Office.model_validate(
        {
            "code": "k",
            "name": {"en": "K"},
            "address": {"en": "K"},
            "hours": hours,
            "latitude": 50,
            "longitude": 30,
            "phone": "123456",
        }
    )
    return Timetable(office, Appointments.model_validate(fields), calendar_of(HOLIDAYS), KYIV)


def wall(slots: object) -> list[str]:
    return [f"{slot.starts_at.astimezone(KYIV):%H:%M}" for slot in slots]  # type: ignore[attr-defined]  # slots


def test_slots_fill_the_capacity_s_hours() -> None:
    """A day has a slot at each step of its hours, with as many places as the catalogue says."""
    slots = table().day(MONDAY)
    assert wall(slots) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    assert {slot.places for slot in slots} == {2}
    assert slots[0].minutes == 30


def test_capacity_never_opens_a_closed_office() -> None:
    """What the opening hours leave out has no slots, lunch included; a slot must end before they do."""
    lunch = table("Mo-Fr 09:00-10:00,10:45-12:00", capacity={"Mo-Su": {"08:00-20:00": 1}})
    assert wall(lunch.day(MONDAY)) == ["09:00", "09:30", "11:00", "11:30"]
    assert wall(lunch.day(MONDAY + timedelta(days=5))) == []


def test_days_off_have_no_slots_and_moved_days_have_those_of_the_other_day() -> None:
    """A day off of the agency has none; a Saturday worked in place of a Friday has the Friday's."""
    assert table().day(date(2026, 3, 4)) == ()
    assert table().day(date(2026, 3, 13)) == ()
    assert wall(table().day(date(2026, 3, 14)))[0] == "09:00"


def test_uncertain_hours_have_no_slots() -> None:
    """Where nobody can tell for certain that an office is open, nobody is sent there."""
    assert table('Mo-Fr 09:00-18:00 "ask first"').day(MONDAY) == ()
    assert table("Mo-Fr 09:00+").day(MONDAY) == ()


def test_nothing_too_near_too_far_or_closed_can_be_booked() -> None:
    """A time is offered from `at_least` on, up to `ahead_days`, and not where staff closed any of it."""
    at_ten = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    found = table(at_least="1 h", ahead_days=1).bookable(at_ten)
    assert wall(found) == ["11:00", "11:30", "09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    lunch = Closed(found[0].starts_at + timedelta(minutes=29), found[1].starts_at + timedelta(minutes=1))
    assert wall(table(at_least="1 h", ahead_days=1).bookable(at_ten, [lunch]))[0] == "09:00"


def test_clocks_that_are_turned_make_no_slot_that_never_is() -> None:
    """In the hour that is skipped, and in the one that comes twice, nobody has an appointment."""
    night = table("24/7", capacity={"Mo-Su": {"02:00-05:00": 1}}, slot="1 h")
    assert wall(night.day(date(2026, 3, 29))) == ["04:00"]
    assert wall(night.day(date(2026, 10, 25))) == ["04:00"]


def spans() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, 143), st.integers(1, 144)).filter(lambda one: one[0] < one[1])


def clock(tens: int) -> str:
    return f"{tens // 6:02}:{tens % 6}0"


@given(
    opened=spans(),
    served=spans(),
    slot=st.integers(1, 24).map(lambda fives: 5 * fives),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_every_slot_is_open_served_and_apart(
    opened: tuple[int, int], served: tuple[int, int], slot: int, day: date
) -> None:
    """Slots of a day never overlap, and each lies in the opening hours and in those of the capacity."""
    hours = f"Mo-Su {clock(opened[0])}-{clock(opened[1])}"
    made = table(hours, slot=f"{slot} min", capacity={"Mo-Su": {f"{clock(served[0])}-{clock(served[1])}": 3}})
    slots = made.day(day)
    midnight = datetime.combine(day, time())
    for one in slots:
        start, end = (
            at.astimezone(KYIV).replace(tzinfo=None) - midnight for at in (one.starts_at, one.ends_at)
        )
        for first, last in (opened, served):
            assert timedelta(minutes=10 * first) <= start
            assert end <= timedelta(minutes=10 * last)
    assert [made.at(one.starts_at) for one in slots[:1]] == list(slots[:1])
    for one, following in pairwise(slots):
        assert one.ends_at <= following.starts_at


@given(
    st.integers(0, 365 * 24 * 12).map(lambda fives: MORNING + timedelta(minutes=5 * fives)),
    st.integers(0, 14 * 24),
)
def test_a_reminder_comes_the_day_before_or_not_at_all(starts_at: datetime, hours: int) -> None:
    """A reminder is due after the booking, on the day before by the agency's clock, or there is none."""
    booked_at = starts_at - timedelta(hours=hours)
    due = remind_at(starts_at, booked_at, KYIV)
    if due is None:
        assert hours <= 26
    else:
        assert booked_at < due < starts_at
        assert due.astimezone(KYIV).date() == starts_at.astimezone(KYIV).date() - timedelta(days=1)


instants = st.integers(0, 8).map(lambda hours: MORNING + timedelta(hours=hours))
waiters = st.lists(
    st.builds(
        Waiter,
        st.uuids(),
        st.none() | instants,
        st.frozensets(instants, max_size=3),
    ),
    max_size=12,
    unique_by=lambda waiter: waiter.application,
)


@given(waiters, st.dictionaries(instants, st.integers(0, 3)), st.dictionaries(instants, st.integers(0, 4)))
def test_offers_are_earlier_new_and_not_to_too_many(
    waiting: list[Waiter], free: dict[datetime, int], standing: dict[datetime, int]
) -> None:
    """Each is offered at most one time, earlier than theirs and new; all but one of them have room."""
    made = list(offers(waiting, free, standing))
    people = {waiter.application: waiter for waiter in waiting}
    assert len({application for application, _ in made}) == len(made)
    for application, starts_at in made:
        waiter = people[application]
        assert free[starts_at] > 0
        assert starts_at not in waiter.offered
        assert waiter.before is None or starts_at < waiter.before
    for starts_at in {starts_at for _, starts_at in made}:
        held = standing.get(starts_at, 0) + sum(at == starts_at for _, at in made)
        assert held <= free[starts_at] + 1


def test_who_waits_longest_is_offered_first() -> None:
    """With one place free the two who wait longest hear of it, and nobody else."""
    people = [Waiter(UUID(int=number), None) for number in range(5)]
    assert list(offers(people, {MORNING: 1}, {})) == [(UUID(int=0), MORNING), (UUID(int=1), MORNING)]
