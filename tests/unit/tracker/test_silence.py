from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.domain.expected_dates import Workdays
from services.tracker.domain.silence import FEWEST_DAYS, LEARNED, is_silent

KYIV = ZoneInfo("Europe/Kyiv")
SINCE = datetime(2026, 2, 1, tzinfo=KYIV)
HOLIDAY = date(2026, 3, 9)
WORKDAYS = Workdays(KYIV, lambda day: day.weekday() < 5 and day != HOLIDAY)
FRIDAY = datetime(2026, 3, 6, 17, tzinfo=KYIV)


def heard(when: Callable[[datetime], bool], until: datetime) -> list[datetime]:
    """Return the hours (UTC) before an instant in which somebody is heard."""
    hours = (SINCE.astimezone(UTC) + timedelta(hours=n) for n in range(24 * 60))
    return [hour for hour in hours if hour + timedelta(hours=1) <= until and when(hour.astimezone(KYIV))]


def office(local: datetime) -> bool:
    """An office that sends in each of its hours."""
    return WORKDAYS.works(local.date()) and 9 <= local.hour < 17


def night(local: datetime) -> bool:
    """A system that sends once a night."""
    return WORKDAYS.works(local.date()) and local.hour == 2


def weekly(local: datetime) -> bool:
    """Somebody who sends on Mondays."""
    return local.weekday() == 0 and local.hour == 10


def silent(who: Callable[[datetime], bool], last: datetime, now: datetime) -> bool:
    return is_silent(heard(who, last), last, now, WORKDAYS)


@pytest.mark.parametrize(
    ("who", "last", "now", "answer"),
    [
        (office, FRIDAY, datetime(2026, 3, 6, 23, tzinfo=KYIV), False),
        (office, FRIDAY, datetime(2026, 3, 8, 12, tzinfo=KYIV), False),
        (office, FRIDAY, datetime(2026, 3, 9, 16, tzinfo=KYIV), False),
        (office, FRIDAY, datetime(2026, 3, 10, 10, tzinfo=KYIV), False),
        (office, FRIDAY, datetime(2026, 3, 10, 12, tzinfo=KYIV), True),
        (night, datetime(2026, 3, 6, 3, tzinfo=KYIV), datetime(2026, 3, 10, 4, tzinfo=KYIV), False),
        (night, datetime(2026, 3, 5, 3, tzinfo=KYIV), datetime(2026, 3, 10, 4, tzinfo=KYIV), True),
        (weekly, datetime(2026, 3, 2, 11, tzinfo=KYIV), datetime(2026, 3, 6, 20, tzinfo=KYIV), False),
    ],
)
def test_a_silence_is_measured_by_the_habits_of_who_is_silent(
    who: Callable[[datetime], bool], last: datetime, now: datetime, *, answer: bool
) -> None:
    """An office misses some hours of a working day, a nightly system two nights; days off pass."""
    assert silent(who, last, now) == answer


def test_who_was_heard_on_few_days_has_no_habits() -> None:
    """Nobody is called silent in the first days."""
    first = datetime(2026, 3, 2, tzinfo=KYIV)
    hours = [one for one in heard(office, FRIDAY) if one >= first]
    newcomer = is_silent(hours, FRIDAY, FRIDAY + LEARNED - timedelta(days=FEWEST_DAYS), WORKDAYS)

    assert not newcomer


hour_sets = st.sets(st.integers(0, 24 * 33).map(lambda number: SINCE + timedelta(hours=number)))
gaps = st.integers(0, 24 * 14).map(lambda number: timedelta(hours=number))


@given(hour_sets, hour_sets, gaps)
def test_the_more_somebody_is_heard_the_sooner_they_are_silent(
    hours: set[datetime], more: set[datetime], gone: timedelta
) -> None:
    """Whoever is silent by some habits is so by richer ones, and nobody is at the moment they are heard."""
    last = SINCE + timedelta(days=34)
    hours |= {SINCE}
    by_some, by_more = (is_silent(known, last, last + gone, WORKDAYS) for known in (hours, hours | more))

    assert by_some <= by_more
    assert not is_silent(hours | more, last, last, WORKDAYS)


@given(hour_sets, gaps)
def test_days_off_say_nothing(hours: set[datetime], early: timedelta) -> None:
    """From Friday's last hour to Monday's first nobody becomes silent, whenever they were heard last."""
    friday, monday = datetime(2026, 3, 7, tzinfo=KYIV), datetime(2026, 3, 10, tzinfo=KYIV)
    last = friday - early - timedelta(hours=1)
    days = Workdays(KYIV, lambda day: WORKDAYS.works(day) and day >= SINCE.date())

    assert is_silent(hours, last, friday, days) == is_silent(hours, last, friday + timedelta(hours=20), days)
    assert WORKDAYS.after(friday.date(), 1) == monday.date()


@given(st.integers(0, 24 * 60))
def test_who_was_never_heard_is_not_silent(gone: int) -> None:
    """Without habits no silence is unlike anybody."""
    assert not is_silent([], SINCE, SINCE + timedelta(hours=gone), WORKDAYS)
