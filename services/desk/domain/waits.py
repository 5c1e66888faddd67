"""How long somebody waits: those ahead times the usual time, by the staff who are there, in hours of work."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.desk.domain.working_hours import WorkingHours

SLACK = timedelta(minutes=15)
"""A wait that differs by less from what was told is no news."""
AT_MOST_EVERY = timedelta(minutes=30)
_SPREAD = 1.5
"""How much longer than the usual time it may take."""
_MINUTE = timedelta(minutes=1)
_MOST_MINUTES = 60 * 24 * 366
_STEPS = ((5, 1), (30, 5), (120, 15), (480, 30))
_LARGEST_STEP = 60


@dataclass(frozen=True, slots=True)
class Load:
    """How long an answer usually takes its writer, and how many of them there are, at least one."""

    usual: timedelta
    staff: int


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait as it is told.

    Attributes:
        place: in the queue, from 1 on.
        low, high: minutes of work until an answer, rounded as people say them.
        opens_at: when work begins; None where it goes on now, or never does.
        first, last: the instants that low and high come to; None where nobody ever works.
    """

    place: int
    low: int
    high: int
    opens_at: datetime | None
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody was told of their wait, and when; instants as those of `Wait`."""

    at: datetime
    first: datetime | None
    last: datetime | None


def wait_of(place: int, load: Load, hours: WorkingHours, now: datetime) -> Wait:
    """Return how long the one at a place in the queue waits."""
    each = load.usual / max(1, load.staff)
    low = _rounded((place - 1) * each, up=False)
    high = max(_rounded(place * each * _SPREAD, up=True), low + _step(low))
    opens = hours.opens(now)
    return Wait(
        place,
        low,
        high,
        opens if opens != now else None,
        hours.after(now, low * _MINUTE),
        hours.after(now, high * _MINUTE),
    )


def is_news(told: Told, wait: Wait, now: datetime) -> bool:
    """Tell whether a wait differs so much from what was told that it is told again.

    It does where not even the ends of both ranges are near each other, and what was told is some time ago.
    """
    if now - told.at < AT_MOST_EVERY:
        return False
    if told.first is None or told.last is None or wait.first is None or wait.last is None:
        return (told.first is None) != (wait.first is None)
    return wait.first > told.last + SLACK or wait.last < told.first - SLACK


def _rounded(time: timedelta, *, up: bool) -> int:
    minutes = min(time / _MINUTE, _MOST_MINUTES - _LARGEST_STEP)
    step = _step(minutes)
    return step * (math.ceil if up else math.floor)(minutes / step)


def _step(minutes: float) -> int:
    return next((step for below, step in _STEPS if minutes < below), _LARGEST_STEP)
