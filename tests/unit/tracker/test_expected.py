from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tracker.domain.expected_dates import (
    FIRST,
    LAST,
    LATEST,
    TOLD_FROM,
    TOLD_UNTIL,
    Expected,
    Outlook,
    Rules,
    Workdays,
    expected,
    look_at,
    outlook_of,
    overdue_at,
)
from services.tracker.domain.state import State
from services.tracker.domain.state_history import way
from tests.unit.tracker.conftest import NOON, event

ZONES = ("Europe/Kyiv", "UTC", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Kiritimati")
DAYS = {"accepted": 1, "verification": 3, "printing": 7, "correction_needed": 5}
MONDAY = date(2026, 3, 2)


def rules(
    zone: str = "Europe/Kyiv", holidays: frozenset[date] = frozenset(), days: dict[str, int] | None = None
) -> Rules:
    """Return rules with Saturdays, Sundays and some holidays off; an office far away takes twice as long."""

    def turn(_: str, stage: str) -> Literal["agency", "citizen"] | None:
        return None if stage == "returned" else "citizen" if stage == "correction_needed" else "agency"

    def count(_: str, stage: str, office: str | None) -> int | None:
        found = (days or DAYS).get(stage)
        return found if found is None or office != "lviv-2" else 2 * found

    workdays = Workdays(ZoneInfo(zone), lambda day: day.weekday() < 5 and day not in holidays)
    return Rules(workdays, count, turn)


def states(*events: tuple[str, dict[str, Any]]) -> tuple[State, ...]:
    """Return the way of events that come an hour after one another from Monday noon on."""
    return way([event(number, stage, **rest) for number, (stage, rest) in enumerate(events)])


def state(stage: str = "printing", **rest: object) -> State:
    return states((stage, rest))[0]


any_zone = st.sampled_from(ZONES)
some_holidays = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - as Hypothesis wants it


@given(any_zone, some_holidays, moments, st.integers(1, 60))
def test_a_reckoned_date_is_a_business_day_and_so_many_after_the_stage_began(
    zone: str, holidays: frozenset[date], began: datetime, days: int
) -> None:
    """The date is worked on, and exactly so many business days lie after the day of the stage until it."""
    found = rules(zone, holidays, {"printing": days})
    due = expected(replace(state(), occurred_at=began), found)
    start = began.astimezone(ZoneInfo(zone)).date()

    assert due is not None
    assert found.workdays.works(due.on)
    passed = [start + timedelta(days=n) for n in range(1, (due.on - start).days + 1)]
    assert sum(map(found.workdays.works, passed)) == days


@given(any_zone, some_holidays, moments, moments, st.integers(1, 30), st.integers(1, 30))
def test_later_or_longer_never_comes_earlier(  # noqa: PLR0917 - Hypothesis fills them in
    zone: str, holidays: frozenset[date], one: datetime, other: datetime, few: int, many: int
) -> None:
    """A stage that began later, or takes more days, is not expected to end earlier."""
    early, late = sorted((one, other))
    short, long = sorted((few, many))

    def on(began: datetime, days: int) -> date:
        due = expected(replace(state(), occurred_at=began), rules(zone, holidays, {"printing": days}))
        assert due is not None
        return due.on

    assert on(early, short) <= on(late, short) <= on(late, long)


@settings(max_examples=200)
@given(any_zone, some_holidays, moments, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_people_are_told_in_working_hours_after_the_date_and_not_too_late(
    zone: str, holidays: frozenset[date], began: datetime, gone: timedelta
) -> None:
    """Whenever somebody looks, people are told by day, on a business day, after the date, within the time."""
    now, found = began + gone, rules(zone, holidays)
    one = replace(state(), occurred_at=began)
    passed, at = overdue_at(one, found), look_at(one, found, now)
    due = expected(one, found)

    assert passed is not None
    assert due is not None
    assert (at is None) == (passed + LATEST < now)
    if at is not None:
        local = at.astimezone(ZoneInfo(zone))
        assert max(passed, now) <= at
        assert due.on < local.date()
        assert found.workdays.works(local.date())
        assert TOLD_FROM <= local.time() < TOLD_UNTIL


@given(moments)
def test_looking_again_at_the_time_given_is_at_once(began: datetime) -> None:
    """Whoever looks when they were told to look tells people then."""
    one = replace(state(), occurred_at=began)
    at = look_at(one, rules(), began)

    assert at is not None
    assert look_at(one, rules(), at) == at


@pytest.mark.parametrize(
    ("one", "due"),
    [
        (state("accepted"), Expected(date(2026, 3, 3), "calendar")),
        (state("printing"), Expected(date(2026, 3, 11), "calendar")),
        (state("printing", office="lviv-2"), Expected(date(2026, 3, 20), "calendar")),
        (state("printing", expected_at=date(2026, 3, 8)), Expected(date(2026, 3, 8), "publisher")),
        (state("correction_needed"), None),
        (state("correction_needed", expected_at=MONDAY), Expected(MONDAY, "publisher")),
        (state("returned", expected_at=MONDAY), None),
    ],
)
def test_the_publisher_goes_before_the_calendar(one: State, due: Expected | None) -> None:
    """The publisher's date stands; else days are counted, but not at the citizen's turn nor after the end."""
    assert expected(one, rules()) == due


@pytest.mark.parametrize("stage", ["correction_needed", "returned"])
def test_nobody_is_late_but_the_agency(stage: str) -> None:
    """Nothing is overdue at the citizen's turn or after the end, whatever date was given."""
    assert overdue_at(state(stage, expected_at=MONDAY), rules()) is None


@pytest.mark.parametrize(("day", "passed"), [(2, 3), (5, 6), (6, 9), (7, 9), (8, 9)])
def test_a_date_passes_on_the_next_business_day(day: int, passed: int) -> None:
    """A date on a Friday or a weekend has passed on Monday at ten, local time."""
    one = state(expected_at=date(2026, 3, day))

    assert overdue_at(one, rules()) == datetime(2026, 3, passed, 10, tzinfo=ZoneInfo("Europe/Kyiv"))


def test_ten_is_ten_over_a_change_of_the_clock() -> None:
    """The wall clock counts: the Monday after the change is told at ten too."""
    [before, after] = [overdue_at(state(expected_at=date(2026, 3, day)), rules()) for day in (26, 27)]

    assert before is not None
    assert after is not None
    assert (before.hour, after.hour) == (10, 10)
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(days=3, hours=-1)


@pytest.mark.parametrize("day", [date.min, date.max, FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_a_date_of_nonsense_is_shown_and_never_passes(day: date) -> None:
    """No date that a publisher may send breaks the reckoning."""
    one = state(expected_at=day)

    assert expected(one, rules()) == Expected(day, "publisher")
    assert overdue_at(one, rules()) is None
    assert expected(replace(state(), occurred_at=datetime.combine(day, time(), UTC)), rules()) is None


SLOW = {"expected_at": date(2026, 3, 20), "note": "queue"}


@pytest.mark.parametrize(
    ("way_of", "before"),
    [
        ([("printing", {})], None),
        ([("printing", {}), ("printing", SLOW)], date(2026, 3, 11)),
        ([("printing", {}), ("printing", SLOW), ("printing", {**SLOW, "office": "a"})], date(2026, 3, 11)),
        ([("printing", {}), ("printing", {"office": "lviv-2"})], date(2026, 3, 11)),
        ([("printing", {}), ("printing", {"note": "queue"})], None),
        ([("accepted", {}), ("printing", {})], None),
        ([("printing", {}), ("returned", {})], None),
        ([("printing", {}), ("printing", {"restart": True, **SLOW})], None),
    ],
)
def test_what_was_expected_before_is_of_the_same_stage(
    way_of: Sequence[tuple[str, dict[str, Any]]], before: date | None
) -> None:
    """A date has moved where the same stage of the same cycle had another one."""
    assert outlook_of(states(*way_of), rules(), NOON).before == before


def test_before_any_event_nothing_is_expected() -> None:
    """An empty way has no outlook."""
    assert outlook_of((), rules(), NOON) == Outlook()


def test_overdue_begins_when_people_may_be_told() -> None:
    """What is shown and what is told agree to the second."""
    one = state()
    passed = overdue_at(one, rules())

    assert passed is not None
    assert [outlook_of([one], rules(), passed + timedelta(seconds=n)).overdue for n in (-1, 0)] == [
        False,
        True,
    ]
