"""Opening hours as people read them: `Mon–Fri 09:00–18:00, Sat 09:00–14:00` from OpenStreetMap's notation.

Only hours that are the same every week can be told so; others stay as the agency wrote them. Single days can
be told of any hours, with public holidays and the agency's own days off.
"""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby

from babel.core import Locale
from opening_hours import OpeningHours, State, validate

_MONDAY = datetime(2026, 1, 5)  # noqa: DTZ001 - a wall clock, wherever the office is
_WEEK = timedelta(days=7)
_WEEKS = 53
_MIDNIGHT = "24:00"
_HOLIDAYS = re.compile(r"\bPH\s+(?:off|closed)\b")
# Remarks, school holidays and what depends on a public one cannot be told by a week.
_MORE_THAN_HOURS = re.compile(r"\"|\bPH\b|\bSH\b")
Day = tuple[tuple[str, str], ...]
"""From and until, as a wall clock shows them; none: closed."""


def days_from(
    notation: str, first: date, count: int, *, country: str | None = None, off: Collection[date] = ()
) -> tuple[tuple[date, Day], ...] | None:
    """Return so many days with their hours, None where nobody can read the notation.

    `country` tells the public holidays, `off` the agency's own, for hours that have holidays off.
    """
    if not _readable(notation):
        return None
    hours = OpeningHours(notation, country=country)
    dates = [first + timedelta(days=number) for number in range(count)]
    holidays = off if closed_on_holidays(notation) else ()
    return tuple(
        (day, () if day in holidays else _day(hours, datetime.combine(day, time()))) for day in dates
    )


@lru_cache(maxsize=1024)
def week_of(notation: str) -> tuple[Day, ...] | None:
    """Return the hours of Monday to Sunday, None where weeks differ or nobody can read them.

    Public holidays do not count: no country is known here.
    """
    if not _readable(notation):
        return None
    hours = OpeningHours(notation)
    weeks = {_week(hours, _MONDAY + number * _WEEK) for number in range(_WEEKS)}
    return weeks.pop() if len(weeks) == 1 else None


def _readable(notation: str) -> bool:
    try:
        return bool(validate(notation))
    except UnicodeEncodeError:
        return False


def _week(hours: OpeningHours, monday: datetime) -> tuple[Day, ...]:
    return tuple(_day(hours, monday + timedelta(days=number)) for number in range(7))


def _day(hours: OpeningHours, midnight: datetime) -> Day:
    end = midnight + timedelta(days=1)
    return tuple(
        (_clock(max(start, midnight), midnight), _clock(min(until, end), midnight))
        for start, until, state, _ in hours.intervals(midnight, end)
        if state != State.CLOSED
    )


def _clock(at: datetime, midnight: datetime) -> str:
    return _MIDNIGHT if at - midnight >= timedelta(days=1) else f"{at:%H:%M}"


def closed_on_holidays(notation: str) -> bool:
    """Tell whether the notation says that public holidays are days off."""
    return _HOLIDAYS.search(notation) is not None


def told(notation: str, locale: Locale) -> str | None:
    """Return the hours in a locale's words, None where only the notation itself says it right."""
    if _MORE_THAN_HOURS.search(_HOLIDAYS.sub("", notation)):
        return None
    week = week_of(notation)
    if week is None or not any(week):
        return None
    names = locale.days["stand-alone"]["abbreviated"]
    runs = [list(run) for _, run in groupby(range(7), key=lambda day: week[day])]
    return "; ".join(_run(run, week[run[0]], [names[day] for day in run]) for run in runs if week[run[0]])


def _run(run: Sequence[int], day: Day, names: Sequence[str]) -> str:
    named = names[0] if len(run) == 1 else f"{names[0]}–{names[-1]}"
    return f"{named} {', '.join(f'{start}–{until}' for start, until in day)}"
