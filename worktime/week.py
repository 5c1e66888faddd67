"""A usual week, for hours that are the same every week: what a short line can say without a date."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from worktime.hours import Day, day_of
from worktime.rules import rules_of

MONDAY = date(2026, 1, 5)
Holidays = Literal["as usual", "closed"]


@dataclass(frozen=True)
class Week:
    """Hours of Monday to Sunday, and what becomes of them on holidays, public ones and those of schools."""

    days: tuple[Day, ...]
    public: Holidays
    school: Holidays


@dataclass(frozen=True)
class _Supposed:
    """A calendar on which every day is a holiday, or none."""

    public: bool = False
    school: bool = False
    knows_school: bool = True

    def own(self, _: date) -> bool:
        return False

    def off(self, _: date) -> bool:
        return self.public

    def school_holiday(self, _: date) -> bool:
        return self.school

    def stands_for(self, day: date) -> date:
        return day


def week_of(notation: str) -> Week | None:
    """Return the usual week, None where weeks differ or nobody can tell them exactly."""
    rules = rules_of(notation)
    if rules is None or any(rule.dates or "[" in rule.weekdays for rule in rules):
        return None
    if any(one.offset for rule in rules for one in rule.holidays):
        return None
    plain = _days(notation, _Supposed())
    public = _on_holidays(_days(notation, _Supposed(public=True)), plain)
    school = _on_holidays(_days(notation, _Supposed(school=True)), plain)
    if plain is None or public is None or school is None:
        return None
    return Week(plain, public, school)


def _days(notation: str, supposed: _Supposed) -> tuple[Day, ...] | None:
    found = [day_of(notation, MONDAY + timedelta(days=number), supposed, None) for number in range(7)]
    return None if None in found else tuple(day for day in found if day is not None)


def _on_holidays(days: tuple[Day, ...] | None, plain: tuple[Day, ...] | None) -> Holidays | None:
    if days == plain:
        return "as usual"
    return "closed" if days is not None and not any(days) else None
