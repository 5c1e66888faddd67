"""Which times an office has, pure rules: its hours and capacity, days off, closed times.

Times of day are a wall clock's at the office, instants are UTC. Hours after midnight that belong to
an opening of the evening before have no slots.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.catalogue import Appointments, Office
from worktime.calendar import Calendar
from worktime.hours import FULL_DAY, Place, day_of

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which `places` people are served at once; both instants in UTC."""

    starts_at: datetime
    ends_at: datetime
    places: int

    @property
    def minutes(self) -> int:
        """Return how long it lasts."""
        return (self.ends_at - self.starts_at) // _MINUTE

    def meets(self, span: "Closed") -> bool:
        """Tell whether a span covers any part of it."""
        return self.starts_at < span.ends_at and span.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Closed:
    """A span in which staff serve nobody by appointment."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Timetable:
    """The times of one office: its hours and terms, the agency's calendar and zone."""

    office: Office
    terms: Appointments
    calendar: Calendar
    zone: ZoneInfo

    def day(self, day: date) -> tuple[Slot, ...]:
        """Return the slots of a day in order, whether or not they can still be booked."""
        hours = self._open(day)
        step = self.terms.slot // _MINUTE
        windows = self.terms.windows(self.calendar.stands_for(day).weekday())
        found = (
            self._slot(day, minute, minute + step, places)
            for start, end, places in windows
            for minute in range(start, end - step + 1, step)
            if any(opens <= minute and minute + step <= closes for opens, closes in hours)
        )
        return tuple(sorted((slot for slot in found if slot is not None), key=lambda slot: slot.starts_at))

    def at(self, starts_at: datetime) -> Slot | None:
        """Return the slot that begins at an instant; None where none does."""
        slots = self.day(starts_at.astimezone(self.zone).date())
        return next((slot for slot in slots if slot.starts_at == starts_at), None)

    def bookable(self, now: datetime, closed: Collection[Closed] = ()) -> tuple[Slot, ...]:
        """Return all slots that may be booked at an instant, in order; nothing of who has booked."""
        today = now.astimezone(self.zone).date()
        days = (today + number * _DAY for number in range(self.terms.ahead_days + 1))
        return tuple(slot for day in days for slot in self.day(day) if self.may_be_booked(slot, now, closed))

    def may_be_booked(self, slot: Slot, now: datetime, closed: Collection[Closed] = ()) -> bool:
        """Tell whether a slot is neither too near nor too far nor closed."""
        last = now.astimezone(self.zone).date() + self.terms.ahead_days * _DAY
        return (
            slot.starts_at >= now + self.terms.at_least
            and slot.starts_at.astimezone(self.zone).date() <= last
            and not any(slot.meets(span) for span in closed)
        )

    def bounds(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Return the instants between which these days lie, the last one included."""
        return self._midnight(first), self._midnight(last + _DAY)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _open(self, day: date) -> list[tuple[int, int]]:
        """Return the minutes of a day in which the office is surely open; what follows at once is one."""
        place = Place(self.office.latitude, self.office.longitude, self.zone)
        spans = day_of(self.office.hours, day, self.calendar, place) or ()
        merged: list[tuple[int, int]] = []
        for span in sorted(spans, key=lambda one: one.start):
            if span.state != "open" or span.comment or not span.named or span.events or span.otherwise:
                continue
            start, end = span.start, min(span.end, FULL_DAY)
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return merged

    def _slot(self, day: date, start: int, end: int, places: int) -> Slot | None:
        """Return a slot by its minutes of a day; None where clocks are turned meanwhile."""
        begins, ends = self._instant(day, start), self._instant(day, end)
        if begins is None or ends is None or ends - begins != (end - start) * _MINUTE:
            return None
        return Slot(begins, ends, places)

    def _instant(self, day: date, minute: int) -> datetime | None:
        """Return when a wall clock shows a minute of a day; None where it never does, or does so twice."""
        wall = datetime.combine(day, time()) + minute * _MINUTE
        first, second = (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return first if first == second else None


def remind_at(starts_at: datetime, booked_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when somebody is reminded: the day before by the same clock; None where they booked later."""
    there = starts_at.astimezone(zone)
    due = datetime.combine(there.date() - _DAY, there.time(), zone).astimezone(UTC)
    return due if booked_at < due else None


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits for a time before theirs (None: for any), and what they were offered already."""

    application: UUID
    before: datetime | None
    offered: frozenset[datetime] = frozenset()


def offers(
    waiters: Sequence[Waiter], free: Mapping[datetime, int], open_offers: Mapping[datetime, int]
) -> Iterator[tuple[UUID, datetime]]:
    """Yield who is offered which time, each the earliest that is new to them; who waits longest comes first.

    No more people are offered a time than have room in it, one more aside, for not everybody answers.
    `open_offers` says how many hold an offer of a time that still stands.
    """
    given, times = dict(open_offers), sorted(free)
    for waiter in waiters:
        for starts_at in times:
            if waiter.before is not None and starts_at >= waiter.before:
                break
            if starts_at in waiter.offered or given.get(starts_at, 0) > free[starts_at]:
                continue
            if free[starts_at] > 0:
                given[starts_at] = given.get(starts_at, 0) + 1
                yield waiter.application, starts_at
                break
