"""When a publisher that usually sends has fallen silent: a pure function of the hours in which it was heard.

Learned is, for each hour of a business day, on what share of the days it was heard then. How likely a silence
is follows from the hours it has lasted; nights, weekends and holidays say nothing, unless it sends at night.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from services.tracker.domain.expected_dates import Workdays

LEARNED = timedelta(days=28)
FEWEST_DAYS = 5
"""Fewer business days than these teach nothing."""

CHANCE = 0.005
"""A silence less likely than this is one."""

_HOUR = timedelta(hours=1)


def is_silent(hours: Iterable[datetime], heard_at: datetime, now: datetime, workdays: Workdays) -> bool:
    """Tell whether a publisher's silence is unlike it.

    Args:
        hours: the beginnings of the hours (UTC) of the last weeks in which it was heard.
        heard_at: when it was heard last.
        now: the instant.
        workdays: the agency's calendar.
    """
    slots = {(local.date(), local.hour) for local in (hour.astimezone(workdays.zone) for hour in hours)}
    first = max(
        (now - LEARNED).astimezone(workdays.zone).date(), min((day for day, _ in slots), default=date.min)
    )
    last = heard_at.astimezone(workdays.zone).date()
    days = set(_business_days(first, last, workdays))
    if len(days) < FEWEST_DAYS:
        return False
    heard = Counter(hour for day, hour in slots if day in days)
    likely = 0.0
    for local in _whole_hours(max(heard_at, now - LEARNED), now, workdays):
        # One day more than there were: nobody is heard on every day for ever.
        likely += math.log1p(-heard[local.hour] / (len(days) + 1))
        if likely < math.log(CHANCE):
            return True
    return False


def _business_days(first: date, end: date, workdays: Workdays) -> Iterator[date]:
    """Yield the business days between two days, which were not whole."""
    for number in range(1, (end - first).days):
        day = first + timedelta(days=number)
        if workdays.works(day):
            yield day


def _whole_hours(since: datetime, now: datetime, workdays: Workdays) -> Iterator[datetime]:
    """Yield the local beginnings of the hours of business days that lie wholly between two instants."""
    hour = since.replace(minute=0, second=0, microsecond=0) + _HOUR
    while hour + _HOUR <= now:
        local = hour.astimezone(workdays.zone)
        if workdays.works(local.date()):
            yield local
        hour += _HOUR
