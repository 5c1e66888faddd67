"""How many people an office serves: by appointment in each slot, and on a day whom it invites."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from contracts.catalogue.entries import Entry
from contracts.catalogue.values import written_duration

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
FULL_DAY = 24 * 60
_DAYS = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(hours=4)
_MINUTE = timedelta(minutes=1)
Places = Annotated[int, Field(ge=1, le=100)]
Capacity = Mapping[str, Mapping[str, Places]]


class Appointments(Entry):
    """How an office gives appointments to people whose documents are ready there.

    `capacity` says by weekdays (`Mo`, `Mo-Th`) and hours (`09:00-13:00`) how many people each `slot` serves
    at once; what it leaves out has no appointments, nor has what the office's opening hours leave out. Days
    up to `ahead_days` from today can be booked, none later than `at_least` before.
    """

    slot: Annotated[timedelta, written_duration]
    capacity: Capacity = Field(min_length=1)
    ahead_days: int = Field(default=14, ge=1, le=90)
    at_least: Annotated[timedelta, written_duration] = timedelta(hours=1)

    @field_validator("slot")
    @classmethod
    def _usable(cls, slot: timedelta) -> timedelta:
        if not _SHORTEST <= slot <= _LONGEST:
            raise ValueError("must be from 5 min to 4 h")
        return slot

    @field_validator("capacity")
    @classmethod
    def _readable(cls, capacity: Capacity) -> Capacity:
        for days, hours in capacity.items():
            weekdays_of(days)
            if not hours:
                raise ValueError(f"{days} names no hours; some look like '09:00-13:00': 2")
            for written in hours:
                minutes_of(written)
        return capacity

    def windows(self, weekday: int) -> tuple[tuple[int, int, int], ...]:
        """Return (first minute of the day, last, people at once) of a weekday (0: Monday), in order."""
        spans = (
            (*minutes_of(written), places)
            for days, hours in self.capacity.items()
            if weekday in weekdays_of(days)
            for written, places in hours.items()
        )
        return tuple(sorted(spans))


class Invitations(Entry):
    """How many people an office has told on a day that their documents are ready, the others later.

    `a_day` says it by weekdays (`Mo`, `Mo-Th`); on days that it leaves out, and on days off, nobody is told.
    """

    a_day: Mapping[str, Annotated[int, Field(ge=1, le=100_000)]] = Field(min_length=1)

    @field_validator("a_day")
    @classmethod
    def _readable(cls, a_day: Mapping[str, int]) -> Mapping[str, int]:
        named = [number for days in a_day for number in weekdays_of(days)]
        if len(named) != len(set(named)):
            raise ValueError("names a day of the week twice")
        return a_day

    def on(self, weekday: int) -> int:
        """Return how many are told on a weekday (0: Monday)."""
        return next((most for days, most in self.a_day.items() if weekday in weekdays_of(days)), 0)


def weekdays_of(written: str) -> tuple[int, ...]:
    """Return the numbers of `Mo` or `Mo-Th`, Monday is 0; ValueError for anything else."""
    match = _DAYS.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is no day of the week; one looks like 'Mo' or 'Mo-Th'")
    first = WEEKDAYS.index(match[1])
    last = first if match[2] is None else WEEKDAYS.index(match[2])
    if last < first:
        raise ValueError(f"{written!r} runs backwards; write the two parts of the week apart")
    return tuple(range(first, last + 1))


def minutes_of(written: str) -> tuple[int, int]:
    """Return the minutes of the day of `09:00-13:00`; ValueError for anything else."""
    match = _HOURS.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} are no hours; some look like '09:00-13:00'")
    hours, minutes = match[3].split(":")
    start, end = int(match[1]) * 60 + int(match[2]), int(hours) * 60 + int(minutes)
    if end <= start:
        raise ValueError(f"{written!r} end before they begin")
    return start, end


def faults(appointments: Appointments) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what no single value can know: hours shorter than a slot, hours that overlap on a day."""
    slot = appointments.slot // _MINUTE
    for days, hours in appointments.capacity.items():
        for written in hours:
            start, end = minutes_of(written)
            if end - start < slot:
                yield ("capacity", days, written), f"is shorter than a slot of {slot} min"
    for number, name in enumerate(WEEKDAYS):
        for (_, end, _), (start, _, _) in pairwise(appointments.windows(number)):
            if start < end:
                at = f"{start // 60:02}:{start % 60:02}"
                yield ("capacity",), f"two spans of {name} overlap at {at}; each minute belongs to one"
