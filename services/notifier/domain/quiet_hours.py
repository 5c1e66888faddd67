"""When people are not to be woken: pure functions over wall-clock hours in a time zone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeAlias
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
class OwnHours:
    """The hours that a person chose."""

    start: time
    end: time


HoursOf: TypeAlias = Callable[[date], Hours]
"""The hours of a day: what is before their end, and from their start on, is quiet on that day."""


@dataclass(frozen=True)
class Quiet:
    """The agency's hours and zone, for whoever has none of their own; no hours: nobody is ever quiet.

    `days_off` are the hours of days on which the agency does not work, as `works` tells; None: the usual.
    """

    hours: Hours | None
    zone: ZoneInfo
    days_off: Hours | None = None
    works: Callable[[date], bool] = lambda _: True

    def until(self, now: datetime, zone: str | None = None, own: OwnHours | None = None) -> datetime | None:
        """Return when somebody with this zone and these hours may be written to; None where that is now."""
        there = zone_of(zone) or self.zone
        if own is not None:
            return quiet_until(now, own, there)
        if self.hours is None:
            return None
        return _until(now, self._hours_of(self.hours), there)

    def _hours_of(self, usual: Hours) -> HoursOf:
        days_off = self.days_off
        if days_off is None:
            return lambda _: usual
        return lambda day: usual if self.works(day) else days_off


def is_quiet(at: datetime, hours: Hours, zone: ZoneInfo) -> bool:
    """Tell whether the wall clock shows a quiet hour."""
    return _is_quiet(at, lambda _: hours, zone)


def quiet_until(now: datetime, hours: Hours, zone: ZoneInfo) -> datetime | None:
    """Return the first instant (UTC) after `now` at which it is not quiet, None where it is not quiet now.

    Hours are kept to the minute. Where the clock is turned past the end of the hours, they end right then.
    """
    return _until(now, lambda _: hours, zone)


def _is_quiet(at: datetime, hours_of: HoursOf, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    hours, shown = hours_of(local.date()), local.time()
    if hours.start <= hours.end:
        return hours.start <= shown < hours.end
    return shown >= hours.start or shown < hours.end


def _until(now: datetime, hours_of: HoursOf, zone: ZoneInfo) -> datetime | None:
    if not _is_quiet(now, hours_of, zone):
        return None
    today = now.astimezone(zone).date()
    ends = (
        datetime.combine(day, end, zone).replace(fold=fold).astimezone(UTC)
        for day in (today + timedelta(days=number) for number in range(2))
        for end in {time(), hours_of(day).end}
        for fold in (0, 1)
    )
    opens = min(end for end in ends if end > now and not _is_quiet(end, hours_of, zone))
    while opens - _MINUTE > now and not _is_quiet(opens - _MINUTE, hours_of, zone):
        opens -= _MINUTE
    return opens
