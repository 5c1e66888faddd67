"""Waits: those ahead times the usual time by the staff, as a range, and what of it is news."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.desk.domain.waits import AT_MOST_EVERY, Load, Told, Wait, is_news, wait_of
from services.desk.domain.working_hours import WorkingHours
from worktime.calendar import Calendar

ALWAYS = WorkingHours("24/7", Calendar(), ZoneInfo("Europe/Kyiv"))
DAYS = WorkingHours("Mo-Fr 09:00-18:00", Calendar(), ZoneInfo("UTC"))
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)
PLACES, STAFF = st.integers(1, 10_000), st.integers(1, 50)
USUAL = st.timedeltas(timedelta(seconds=5), timedelta(hours=4))


def told(wait: Wait, at: datetime) -> Told:
    """Return that somebody was told of a wait."""
    return Told(at, wait.first, wait.last)


def test_a_wait_is_a_range_of_minutes() -> None:
    """The wait is those ahead times the usual time, divided by the staff, and half as much again at most."""
    found = wait_of(13, Load(FIVE, 2), ALWAYS, NOON)

    assert (30, 60, None) == (found.low, found.high, found.opens_at)
    assert (NOON + timedelta(minutes=30), NOON + timedelta(minutes=60)) == (found.first, found.last)


def test_a_wait_out_of_hours_begins_when_the_desk_opens() -> None:
    """Out of hours the wait is counted from the next opening, which is told."""
    night, opens = datetime(2026, 3, 3, 22, 0, tzinfo=UTC), datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    found = wait_of(1, Load(FIVE, 1), DAYS, night)

    assert opens == found.opens_at
    assert (0, 10) == (found.low, found.high)
    assert found.last == opens + timedelta(minutes=10)


def test_a_wait_that_goes_as_was_told_is_no_news() -> None:
    """Nobody is told again while the queue moves as was said; whoever still waits long after is."""
    load = Load(FIVE, 1)
    first = told(wait_of(13, load, ALWAYS, NOON), NOON)
    later = NOON + timedelta(minutes=45)

    assert not is_news(first, wait_of(4, load, ALWAYS, later), later)
    assert is_news(first, wait_of(40, load, ALWAYS, later), later)
    assert is_news(told(wait_of(100, load, ALWAYS, NOON), NOON), wait_of(1, load, ALWAYS, later), later)


@given(PLACES, STAFF, USUAL)
def test_a_range_is_one(place: int, staff: int, usual: timedelta) -> None:
    """A range is never empty, never backwards, and holds what the formula says."""
    found = wait_of(place, Load(usual, staff), ALWAYS, NOON)
    minutes = (place - 1) * usual / staff / timedelta(minutes=1)

    assert 0 <= found.low < found.high
    assert found.low <= minutes


@given(PLACES, PLACES, STAFF, STAFF, USUAL)
def test_nobody_waits_longer_for_more_staff_or_a_better_place(
    one: int, other: int, few: int, many: int, usual: timedelta
) -> None:
    """A better place and more staff never make a wait longer."""
    front, back = sorted((one, other))
    few, many = sorted((few, many))
    best = wait_of(front, Load(usual, many), ALWAYS, NOON)
    worst = wait_of(back, Load(usual, few), ALWAYS, NOON)

    assert best.low <= worst.low
    assert best.high <= worst.high


@given(PLACES, PLACES, STAFF, USUAL, st.timedeltas(timedelta(), timedelta(days=2)))
def test_nobody_is_told_too_often(
    one: int, other: int, staff: int, usual: timedelta, passed: timedelta
) -> None:
    """What is told is no news at the same moment, nor is anything for some time after it was told."""
    load, now = Load(usual, staff), NOON + passed
    before, after = told(wait_of(one, load, ALWAYS, NOON), NOON), wait_of(other, load, ALWAYS, now)

    assert not is_news(told(after, now - AT_MOST_EVERY), after, now)
    if passed < AT_MOST_EVERY:
        assert not is_news(before, after, now)
