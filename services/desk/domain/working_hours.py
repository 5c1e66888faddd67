"""When the agency's people answer: the hours of work, counted over nights, holidays, moved days and lunch.

All instants are aware; hours are those of a wall clock in the agency's zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worktime.hours import day_of, exact_rules
from worktime.rules import Days

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LOOKED_AHEAD = 370
"""Days in which the next hour of work is looked for."""
_MOST_DAYS_KEPT = 1500
_LONGEST = timedelta(days=7)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class WorkingHours:
    """Hours in OpenStreetMap's notation, on the agency's calendar, in its zone.

    Raises ValueError for hours that cannot be told exactly.
    """

    notation: str
    days: Days
    zone: ZoneInfo
    _known: dict[date, tuple[Span, ...]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if exact_rules(self.notation, self.days) is None:
            raise ValueError(f"the hours {self.notation!r} cannot be told exactly")
        if any(span.events for span in day_of(self.notation, date(2026, 1, 5), self.days, None) or ()):
            raise ValueError(f"the hours {self.notation!r} follow the sun, and the desk stands nowhere")

    def is_open(self, at: datetime) -> bool:
        """Tell whether somebody answers at an instant; the end of a span is closed already."""
        return any(start <= at for start, _ in self._from(at, days=1))

    def opens(self, at: datetime) -> datetime | None:
        """Return the first instant from one on at which somebody answers; None for none in a year."""
        return next((max(start, at) for start, _ in self._from(at)), None)

    def after(self, at: datetime, work: timedelta) -> datetime | None:
        """Return the first instant at which so much time of work has passed; None where it never does."""
        left = work
        for start, end in self._from(at):
            begun = max(start, at)
            if left <= end - begun:
                return begun + left
            left -= end - begun
        return None

    def between(self, first: datetime, last: datetime) -> timedelta:
        """Return the time of work between two instants; nothing where the first is the later one."""
        total = timedelta()
        for start, end in self._from(first):
            if start >= last:
                break
            total += min(end, last) - max(start, first)
        return total

    def promised(self, at: datetime, within: timedelta) -> datetime:
        """Return until when what was asked at an instant is to be answered.

        The time runs from the first hour of work on, at night too, and stands still on days without any.
        Where nobody ever works it runs at once.
        """
        begun = self.opens(at)
        if begun is None:
            return at + within
        now, left = begun, within
        for _ in range(_LOOKED_AHEAD + within.days):
            midnight = self._midnight(self._day(now) + _DAY)
            if self._on(self._day(now)):
                if left <= midnight - now:
                    return now + left
                left -= midnight - now
            now = midnight
        return begun + within

    def _from(self, at: datetime, *, days: int = _LOOKED_AHEAD) -> Iterator[Span]:
        """Yield the spans that end after an instant, in order; those that meet are one."""
        held: Span | None = None
        first = self._day(at) - _DAY
        for number in range(days + 2):
            for start, end in self._on(first + number * _DAY):
                if end <= at:
                    continue
                if held is not None and start <= held[1]:
                    held = held[0], max(held[1], end)
                else:
                    if held is not None:
                        yield held
                    held = start, end
            # Around the clock there is no end to be waited for: it goes on in parts that meet.
            if held is not None and held[1] - held[0] > _LONGEST:
                yield held
                held = None
        if held is not None:
            yield held

    def _on(self, day: date) -> tuple[Span, ...]:
        found = self._known.get(day)
        if found is None:
            if len(self._known) >= _MOST_DAYS_KEPT:
                self._known.clear()
            spans = sorted(
                (self._at(day, span.start), self._at(day, span.end))
                for span in day_of(self.notation, day, self.days, None) or ()
                if span.named and span.state == "open"
            )
            found = self._known[day] = tuple((start, end) for start, end in spans if start < end)
        return found

    def _at(self, day: date, minutes: int) -> datetime:
        return (datetime.combine(day, time()) + minutes * _MINUTE).replace(tzinfo=self.zone).astimezone(UTC)

    def _midnight(self, day: date) -> datetime:
        return self._at(day, 0)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()
