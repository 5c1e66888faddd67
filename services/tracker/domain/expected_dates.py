"""When the next stage is expected, and when that has passed: pure functions of a state and the rules of time.

The publisher's own date goes first; else business days are counted from the day on which the stage began.
Nothing is expected where the way has ended, and nothing is overdue while it is the citizen's turn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.tracker.domain.state import State

TOLD_FROM, TOLD_UNTIL = time(10), time(18)
"""The hours, in the agency's time, in which people are told that a date of the day before has passed."""

LATEST = timedelta(days=7)
"""A date that passed longer ago than that is no news any more."""

FIRST, LAST = date(1970, 1, 2), date(2199, 12, 31)
"""The days that are reckoned with; a date of nonsense is shown as it was given, and never passes."""


@dataclass(frozen=True, slots=True)
class Workdays:
    """The agency's calendar: its zone, and on which days it works; it never stops working for good."""

    zone: ZoneInfo
    works: Callable[[date], bool]

    def after(self, day: date, count: int) -> date:
        """Return the business day that comes so many business days (1 or more) after a day."""
        return _after(self.works, day, count)


# Events come by the thousand from the same few days.
@lru_cache(8192)
def _after(works: Callable[[date], bool], day: date, count: int) -> date:
    while count > 0:
        day += timedelta(days=1)
        count -= works(day)
    return day


@dataclass(frozen=True, slots=True)
class Rules:
    """What the agency says about time; both functions take document type and stage, `days` the office too.

    `days` are the business days usually spent in a stage, None where nobody says. `turn` tells whose turn it
    is: None where the way has ended.
    """

    workdays: Workdays
    days: Callable[[str, str, str | None], int | None]
    turn: Callable[[str, str], Literal["agency", "citizen"] | None]


@dataclass(frozen=True, slots=True)
class Expected:
    """A date by which the next stage is expected, and who says so."""

    on: date
    source: Literal["publisher", "calendar"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What may be told of the time: what is expected, which date that took the place of, has it passed."""

    expected: Expected | None = None
    before: date | None = None
    overdue: bool = False

    def fields(self) -> dict[str, Any]:
        """Return it under the names that it has in messages."""
        due = self.expected
        return {
            "expected_at": None if due is None else due.on,
            "expected_from": None if due is None else due.source,
            "expected_before": self.before,
            "overdue": self.overdue,
        }


def expected(state: State, rules: Rules) -> Expected | None:
    """Return when the stage after this state is expected."""
    details = state.details
    turn = rules.turn(details.document_type, details.stage)
    if turn is None:
        return None
    if details.expected_at is not None:
        return Expected(details.expected_at, "publisher")
    days = rules.days(details.document_type, details.stage, details.office)
    if turn == "citizen" or days is None or not _reckonable(state.occurred_at.date()):
        return None
    began = state.occurred_at.astimezone(rules.workdays.zone).date()
    return Expected(rules.workdays.after(began, days), "calendar")


def overdue_at(state: State, rules: Rules) -> datetime | None:
    """Return from when on the state is overdue: the business day after the date, in working hours."""
    due = expected(state, rules)
    if due is None or not _reckonable(due.on):
        return None
    if rules.turn(state.details.document_type, state.details.stage) != "agency":
        return None
    morning = rules.workdays.after(due.on, 1)
    return datetime.combine(morning, TOLD_FROM, rules.workdays.zone)


def look_at(state: State, rules: Rules, now: datetime) -> datetime | None:
    """Return when to tell people that the state is overdue, None for never; now or earlier means at once."""
    passed = overdue_at(state, rules)
    if passed is None or passed + LATEST < now:
        return None
    return passed if passed > now else _next_told(now, rules.workdays)


def _next_told(now: datetime, workdays: Workdays) -> datetime:
    """Return the first instant from now on at which people may be told: a business day's working hours."""
    local = now.astimezone(workdays.zone)
    today = local.date()
    if workdays.works(today) and local.time() < TOLD_UNTIL:
        return max(now, datetime.combine(today, TOLD_FROM, workdays.zone))
    return datetime.combine(workdays.after(today, 1), TOLD_FROM, workdays.zone)


def outlook_of(way: Iterable[State], rules: Rules, now: datetime) -> Outlook:
    """Return what may be told at the end of a way (oldest state first); nothing where it is empty.

    The date before is the last other one of the same stage: another stage has another date for its own sake.
    """
    states = tuple(way)
    if not states:
        return Outlook()
    last = states[-1]
    due, passed = expected(last, rules), overdue_at(last, rules)
    earlier = takewhile(lambda one: _same_stage(one, last), reversed(states[:-1]))
    dates = (other.on for one in earlier if (other := expected(one, rules)) is not None)
    before = None if due is None else next((day for day in dates if day != due.on), None)
    return Outlook(due, before, passed is not None and now >= passed)


def _same_stage(one: State, other: State) -> bool:
    return (one.cycle, one.details.stage) == (other.cycle, other.details.stage)


def _reckonable(day: date) -> bool:
    return FIRST <= day <= LAST
