"""When people are not to be woken: pure functions over wall-clock hours in a time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from services.notifier.domain.time_zones import zone_of

_MINUTE = timedelta(minutes=1)


class Hours(Protocol):
    """Wall-clock hours; `start` later than `end` spans midnight, equal ones are no hours at all."""

    @property
    def start(self) -> time: ...  # noqa: D102 - the fields speak for themselves
    @property
    def end(self) -> time: ...  # noqa: D102


@dataclass(frozen=True)
class Own:
    """The hours that a person chose."""

    start: time
    end: time


@dataclass(frozen=True)
class Quiet:
    """The agency's hours and zone, for whoever has none of their own; no hours: nobody is ever quiet."""

    hours: Hours | None
    zone: ZoneInfo

    def until(
        self, now: datetime, zone: str | None = None, start: time | None = None, end: time | None = None
    ) -> datetime | None:
        """Return when somebody may be written to again, None where that is now."""
        own = Own(start, end) if start is not None and end is not None else self.hours
        return None if own is None else quiet_until(now, own, zone_of(zone) or self.zone)


def is_quiet(at: datetime, hours: Hours, zone: ZoneInfo) -> bool:
    """Tell whether the wall clock shows a quiet hour."""
    shown = at.astimezone(zone).time()
    if hours.start <= hours.end:
        return hours.start <= shown < hours.end
    return shown >= hours.start or shown < hours.end


def quiet_until(now: datetime, hours: Hours, zone: ZoneInfo) -> datetime | None:
    """Return the first instant (UTC) after `now` at which it is not quiet, None where it is not quiet now.

    Hours are kept to the minute. Where the clock is turned past the end of the hours, they end right then.
    """
    if not is_quiet(now, hours, zone):
        return None
    today = now.astimezone(zone).date()
    ends = (
        datetime.combine(day, hours.end, zone).replace(fold=fold).astimezone(UTC)
        for day in (today, today + timedelta(days=1))
        for fold in (0, 1)
    )
    found = min(end for end in ends if end > now and not is_quiet(end, hours, zone))
    while found - _MINUTE > now and not is_quiet(found - _MINUTE, hours, zone):
        found -= _MINUTE
    return found
