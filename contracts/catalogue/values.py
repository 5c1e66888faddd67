"""Checks of single values that the models use; each raises ValueError with a sentence for a person."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator


def known_time_zone(name: str) -> str:
    """Return the name of a time zone of the IANA database, or raise ValueError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; one looks like 'Europe/Kyiv'") from None
    return name


def usable_pattern(pattern: str) -> str:
    """Return a pattern that compiles, or raise ValueError."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern


def interval(value: object) -> object:
    """Return the first and last day of a range such as `2026-12-28/2027-01-10`, or raise ValueError."""
    if not isinstance(value, str):
        return value
    first, slash, last = value.partition("/")
    if not slash:
        raise ValueError(f"{value!r} is no range of days; one looks like '2026-12-28/2027-01-10'")
    return {"first": first.strip(), "last": last.strip()}


_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=30)


def _written_duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"([0-9]{1,5}) ?(min|h|d)", value)
    if match is None:
        raise ValueError(f"{value!r} is not a time span; one looks like '30 min', '6 h' or '2 d'")
    span = int(match[1]) * _UNITS[match[2]]
    if not timedelta() < span <= _LONGEST:
        raise ValueError(f"must be from 1 min to {_LONGEST.days} d, not {value!r}")
    return span


written_duration = BeforeValidator(_written_duration)
"""A time span has its unit: `30 min`, `6 h`, `2 d`; from a minute to thirty days."""


def _dashed(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(f"{value!r} is not a date; one looks like '2026-01-31'")
    return value


written_date = BeforeValidator(_dashed)
"""A date is written out: pydantic alone would take `20260131` for seconds since 1970."""
