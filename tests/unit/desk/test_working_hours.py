"""Hours of work: lunch, nights, holidays and moved days, and what is promised in them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.desk.domain.working_hours import WorkingHours
from worktime.calendar import Calendar

KYIV = ZoneInfo("Europe/Kyiv")
WEEK = "Mo-Fr 09:00-13:00,14:00-18:00; PH off"
NOTATIONS = (WEEK, "24/7", "Mo-Fr 22:00-04:00", "Sa 10:00-12:00", "Mo-Su 00:00-24:00; PH off")


def hours(notation: str = WEEK, calendar: Calendar | None = None) -> WorkingHours:
    """Return hours in Kyiv."""
    return WorkingHours(notation, calendar or Calendar(), KYIV)


def kyiv(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=KYIV)


def test_lunch_night_and_weekend_are_no_time_of_work() -> None:
    """The desk is closed at lunch, at night and at the weekend, and opens when the notation says."""
    desk = hours()

    assert desk.is_open(kyiv(2, 12, 59))
    assert not desk.is_open(kyiv(2, 13))
    assert kyiv(2, 14) == desk.opens(kyiv(2, 13, 30))
    assert kyiv(9, 9) == desk.opens(kyiv(6, 18))
    assert kyiv(2, 14, 30) == desk.after(kyiv(2, 12), timedelta(minutes=90))
    assert timedelta(hours=8) == desk.between(kyiv(6, 9), kyiv(9, 9))


def test_a_holiday_is_off_and_a_moved_day_is_worked() -> None:
    """A holiday of the agency is off; a Saturday that is worked in its place has a weekday's hours."""
    friday, saturday = date(2026, 3, 6), date(2026, 3, 7)
    desk = hours(calendar=Calendar(moved={saturday: friday}))

    assert kyiv(7, 9) == desk.opens(kyiv(5, 18))
    assert desk.is_open(kyiv(7, 10))
    assert kyiv(9, 9) == desk.opens(kyiv(7, 18))


def test_an_answer_is_promised_on_days_of_work() -> None:
    """A promise runs from the first hour of work, and stands still on days on which nobody answers."""
    desk, day = hours(), timedelta(hours=24)

    assert kyiv(3, 10) == desk.promised(kyiv(2, 10), day)
    assert kyiv(9, 15) == desk.promised(kyiv(6, 15), day)
    assert kyiv(10, 9) == desk.promised(kyiv(6, 20), day)
    assert kyiv(3, 3) == hours("24/7").promised(kyiv(2, 3), day)


def test_hours_that_nobody_can_tell_are_refused() -> None:
    """Hours that cannot be read, leave their end open or follow the sun are refused."""
    for notation in ("whenever", "Mo 10:00+", "sunrise-sunset", "SH 10:00-12:00"):
        with pytest.raises(ValueError, match="hours"):
            hours(notation)


def test_a_desk_that_never_opens_promises_all_the_same() -> None:
    """Where nobody ever works there is no opening and no wait, and a promise runs at once."""
    desk = hours("off")

    assert desk.opens(kyiv(2, 10)) is None
    assert desk.after(kyiv(2, 10), timedelta(minutes=1)) is None
    assert kyiv(3, 10) == desk.promised(kyiv(2, 10), timedelta(hours=24))


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given apart
WORK = st.timedeltas(timedelta(), timedelta(days=3))


@given(st.sampled_from(NOTATIONS), INSTANTS, WORK)
def test_work_that_passes_is_the_work_between(notation: str, at: datetime, work: timedelta) -> None:
    """So much work after an instant, exactly that much work lies between the two, whatever the hours."""
    desk = hours(notation)
    then = desk.after(at, work)

    assert then is not None
    assert then >= at
    assert work == desk.between(at, then)


@given(st.sampled_from(NOTATIONS), INSTANTS, INSTANTS)
def test_who_asks_later_is_promised_no_earlier(notation: str, one: datetime, other: datetime) -> None:
    """Whoever asks later is promised an answer no earlier, and never before the time itself has passed."""
    desk, within = hours(notation), timedelta(hours=24)
    first, last = sorted((one, other))

    assert desk.promised(first, within) <= desk.promised(last, within)
    assert first + within <= desk.promised(first, within)


@given(st.sampled_from(NOTATIONS), INSTANTS)
def test_the_desk_is_open_when_it_opens(notation: str, at: datetime) -> None:
    """The next opening is open, nothing before it is, and an open desk opens at once."""
    desk = hours(notation)
    opens = desk.opens(at)

    assert opens is not None
    assert desk.is_open(opens)
    assert desk.is_open(at) == (opens == at)
    assert timedelta() == desk.between(at, opens)
