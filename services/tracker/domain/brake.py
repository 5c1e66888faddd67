"""The brake: when what a publisher sends is so unlike what it usually sends that people wait for a person.

Compared is one hour with the publisher's own days: how many events that tell people came in the busiest hour,
in all and of each stage. The second busiest day is what is usual, so one wrong day teaches nothing, and what
comes once a week does not surprise. What a person has released counts as usual at once. Pure functions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

LEARNED = timedelta(days=28)
APPROVED = timedelta(days=1)
_ALL = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to brake, by events an hour that tell people.

    Never up to the floors (`events` in all, `stage_events` of one stage), never a publisher heard on fewer
    than `days` days; above that at more than `factor` times what is usual, for one stage where it is at least
    `share` of all.
    """

    events: int = 1000
    stage_events: int = 100
    factor: float = 10.0
    share: float = 0.2
    days: int = 3


@dataclass(frozen=True, slots=True)
class Hour:
    """How many events of one stage, accepted within an hour, told people."""

    hour: datetime
    stage: str
    events: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in a publisher's busiest hour: events in all and by stage; learned on so many days."""

    days: int = 0
    events: int = 0
    stages: Mapping[str, int] = field(default_factory=dict)


def within_floors(counts: Mapping[str, int], limits: Limits) -> bool:
    """Tell whether an hour's events by stage are too few to brake anybody."""
    return sum(counts.values()) <= limits.events and all(n <= limits.stage_events for n in counts.values())


def judge(counts: Mapping[str, int], usual: Usual, limits: Limits) -> str | None:
    """Return why an hour's events by stage are to be held, None where they are not."""
    if usual.days < limits.days or within_floors(counts, limits):
        return None
    total = sum(counts.values())
    if total > max(limits.events, limits.factor * usual.events):
        return f"{total} events in an hour, usually at most {usual.events}"
    for stage, events in sorted(counts.items()):
        ordinary = usual.stages.get(stage, 0)
        unusual = events > max(limits.stage_events, limits.factor * ordinary)
        if unusual and events >= limits.share * total:
            return f"{events} of {total} events in an hour are {stage}, usually at most {ordinary}"
    return None


def usual_of(hours: Iterable[Hour], now: datetime, approved_at: datetime | None) -> Usual:
    """Learn what is usual.

    Args:
        hours: the publisher's hours of the last weeks; several of the same hour and stage add up.
        now: today itself teaches nothing.
        approved_at: when a person released the publisher; the day before that is usual whatever it was.
    """
    stages: dict[datetime, Counter[str]] = defaultdict(Counter)
    for hour in hours:
        stages[hour.hour][hour.stage] += hour.events
    days: dict[date, Counter[str]] = defaultdict(Counter)
    usual: Counter[str] = Counter()
    for began, events in stages.items():
        peaks = events + Counter({_ALL: events.total()})
        if began.date() < now.date() and began >= now - LEARNED:
            days[began.date()] |= peaks
        if approved_at is not None and approved_at - APPROVED < began <= approved_at:
            usual |= peaks
    for name in {name for peaks in days.values() for name in peaks}:
        usual[name] = max(usual[name], _second([peaks[name] for peaks in days.values()]))
    return Usual(len(days), usual.pop(_ALL, 0), usual)


def _second(values: list[int]) -> int:
    return sorted(values)[-2] if len(values) > 1 else 0
