"""The agency's one calendar, for whatever counts time: days off, moved working days and school holidays.

A day off is one of the country's public holidays, one of the agency's own, or a day whose work was moved
away. In opening hours it is what `PH` means, in expected dates a day that does not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from holidays import HolidayBase, country_holidays, list_supported_countries

from contracts.catalogue import Holidays

COUNTRIES = frozenset(list_supported_countries())
"""Those whose public holidays are known, by their ISO 3166 codes."""

_WEEKEND = frozenset({5, 6})


@dataclass(frozen=True, eq=False)
class Calendar:
    """Which days are off, which are worked, and whose weekday a moved working day has.

    Attributes:
        dates: the agency's own days off, without those from which work was moved away.
        moved: day that is worked -> day in whose place it is worked.
        school: first and last days of school holidays; None where the agency lists none.
        public: the country's public holidays, None where only the agency's own days count.
    """

    dates: frozenset[date] = frozenset()
    moved: Mapping[date, date] = field(default_factory=dict)
    school: tuple[tuple[date, date], ...] | None = None
    public: HolidayBase | None = None

    @property
    def knows_school(self) -> bool:
        """Tell whether the agency says when school holidays are."""
        return self.school is not None

    def own(self, day: date) -> bool:
        """Tell whether the agency itself took the day off, or moved its work to another day."""
        return day not in self.moved and (day in self.dates or day in self._left)

    def off(self, day: date) -> bool:
        """Tell whether the day is a holiday: the country's or the agency's own; a weekend alone is none."""
        if day in self.moved:
            return False
        return self.own(day) or (self.public is not None and day in self.public)

    def school_holiday(self, day: date) -> bool:
        """Tell whether schools are closed, as the agency says."""
        return any(first <= day <= last for first, last in self.school or ())

    def works(self, day: date) -> bool:
        """Tell whether the day is a business day."""
        if day in self.moved:
            return True
        if self.off(day):
            return False
        if self.public is None:
            return day.weekday() not in _WEEKEND
        # Whether the day is off was asked first: that makes its year known, and its weekends of work.
        return self.public.is_working_day(day)

    def stands_for(self, day: date) -> date:
        """Return the day whose weekday's hours hold: another one where working days were moved."""
        return self.moved.get(day) or self._by_decree(day) or day

    @property
    def _left(self) -> frozenset[date]:
        return frozenset(self.moved.values())

    def _by_decree(self, day: date) -> date | None:
        """Return the day off that a country gave for a weekend of work, None where it gave none."""
        public = self.public
        if public is None or day.weekday() not in _WEEKEND or day in public or not public.is_working_day(day):
            return None
        pattern = getattr(public, "substituted_date_format", None)
        if pattern is None:
            return None
        # The package names the weekend in what it calls the free day, and nowhere else.
        named = day.strftime(public.tr(pattern))
        return next((free for free, name in sorted(public.items()) if named in name), None)


def calendar_of(holidays: Holidays) -> Calendar:
    """Return the calendar of an agency whose country is one of `COUNTRIES`, or none."""
    return Calendar(
        frozenset(holidays.dates),
        dict(holidays.moved),
        tuple((one.first, one.last) for one in holidays.school) if holidays.school else None,
        None if holidays.country is None else _public(holidays.country),
    )


@lru_cache(8)
def _public(country: str) -> HolidayBase:
    return country_holidays(country)
