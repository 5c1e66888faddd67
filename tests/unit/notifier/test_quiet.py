"""Hours in which nobody is woken, whatever clocks are turned meanwhile."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.quiet_hours import (
    OwnHours,
    Quiet,
    is_quiet,
    quiet_until,
)

KYIV = ZoneInfo("Europe/Kyiv")
NIGHT = OwnHours(time(22), time(8))
MINUTE = timedelta(minutes=1)
ZONES = st.sampled_from(["Europe/Kyiv", "UTC", "Australia/Lord_Howe", "America/St_Johns", "Asia/Tokyo"]).map(
    ZoneInfo
)
# Around both turns of the clock in either hemisphere, and anywhere else.
DAYS = (("2026-03-28", 2), ("2026-10-24", 2), ("2026-04-04", 2), ("2026-01-01", 700))


def _within(day: str, days: int) -> st.SearchStrategy[datetime]:
    start = datetime.fromisoformat(f"{day}T00:00+00:00")
    return st.integers(0, days * 24 * 60).map(lambda minutes: start + minutes * MINUTE)


TIMES = st.one_of(*(_within(day, days) for day, days in DAYS))
HOURS = st.builds(
    OwnHours,
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)


@given(TIMES, HOURS, ZONES)
def test_the_end_is_the_first_minute_that_is_not_quiet(at: datetime, hours: OwnHours, zone: ZoneInfo) -> None:
    """What is held is let go at the first minute whose wall clock is outside the hours, and no later."""
    found = quiet_until(at, hours, zone)

    looked = at
    while is_quiet(looked, hours, zone):
        looked += MINUTE
    assert looked == (found or at)
    assert (found is None) is not is_quiet(at, hours, zone)


@given(TIMES, st.times(), ZONES)
def test_equal_times_are_no_hours(at: datetime, moment: time, zone: ZoneInfo) -> None:
    """Who sets the same time twice is always written to."""
    assert quiet_until(at, OwnHours(moment, moment), zone) is None


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-22T19:59+00:00", None),
        ("2026-11-22T20:00+00:00", "2026-11-23T06:00+00:00"),
        ("2026-11-23T05:59+00:00", "2026-11-23T06:00+00:00"),
        ("2026-11-23T06:00+00:00", None),
        ("2026-03-28T22:00+00:00", "2026-03-29T05:00+00:00"),
        ("2026-10-24T20:00+00:00", "2026-10-25T06:00+00:00"),
    ],
)
def test_a_night_in_kyiv(at: str, until: str | None) -> None:
    """From ten in the evening to eight by the wall clock, also in nights with an hour less or more."""
    expected = None if until is None else datetime.fromisoformat(until)

    assert expected == quiet_until(datetime.fromisoformat(at), NIGHT, KYIV)


def test_own_hours_and_zone_come_first() -> None:
    """A person's own hours and zone stand before the agency's; an unknown zone is passed over."""
    quiet, evening = Quiet(NIGHT, KYIV), datetime(2026, 11, 22, 20, 30, tzinfo=UTC)

    found = [
        quiet.until(evening),
        quiet.until(evening, "Atlantic/Azores"),
        quiet.until(evening, "No/Such"),
        quiet.until(evening, None, OwnHours(time(0), time(0))),
        Quiet(None, KYIV).until(evening),
    ]

    morning = datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert [morning, None, morning, None, None] == found


def test_days_off_have_quiet_hours_of_their_own() -> None:
    """On a day off people sleep longer: its morning and its evening are those of days off."""
    christmas = date(2026, 12, 25)
    quiet = Quiet(NIGHT, KYIV, OwnHours(time(20), time(10)), lambda day: day != christmas)
    moments = ["24T19:30", "24T20:30", "25T07:30", "25T08:30", "25T17:30", "25T18:30", "26T06:30"]

    assert [None, "25T08:00", "25T08:00", None, None, "26T06:00", None] == [
        None if found is None else f"{found:%dT%H:%M}"
        for moment in moments
        for found in [quiet.until(datetime.fromisoformat(f"2026-12-{moment}+00:00"))]
    ]
    assert (
        quiet.until(datetime.fromisoformat("2026-12-25T07:30+00:00"), None, OwnHours(time(22), time(8)))
        is None
    )


@given(TIMES, HOURS, HOURS, ZONES, st.sets(st.integers(0, 6)))
def test_the_end_is_the_first_minute_that_is_not_quiet_on_days_off_too(
    at: datetime, usual: OwnHours, days_off: OwnHours, zone: ZoneInfo, off: set[int]
) -> None:
    """Whatever hours days off have, what is held is let go at the first minute outside the day's own."""
    quiet = Quiet(usual, zone, days_off, lambda day: day.weekday() not in off)

    def shown(moment: datetime) -> OwnHours:
        return days_off if moment.astimezone(zone).weekday() in off else usual

    looked = at
    while is_quiet(looked, shown(looked), zone):
        looked += MINUTE
    assert looked == (quiet.until(at) or at)
