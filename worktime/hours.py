"""The hours of an office on any day, whether it is open at a moment, and when it opens next.

A night belongs to the day on which it begins: `Fr 22:00-02:00` are hours of Friday, even where Saturday
is off. All times are a wall clock's where the office is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

from worktime.rules import Days, Rule, Told, kept_of, rules_of

FULL_DAY = 24 * 60
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_SOME_MONDAY = date(2026, 1, 5)
SUN = ("dawn", "sunrise", "sunset", "dusk")
_LOOKED_AHEAD = 370
_ENDLESS = timedelta(days=14)


class Place(NamedTuple):
    """Where the sun rises: degrees of WGS 84, and the zone of the clocks there."""

    latitude: float
    longitude: float
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a day.

    Attributes:
        start, end: minutes since the day's midnight; an end above 1440 is on the day after.
        state: what holds then; closed only where a comment says why.
        comment: the agency's words, empty for none.
        named: whether the agency named any times; where not, the comment is all there is to say.
        otherwise: whether it holds outside the other spans of the day only.
        events: the times as they are written, where they follow the sun and no place is known.
    """

    start: int
    end: int
    state: Told = "open"
    comment: str = ""
    named: bool = True
    otherwise: bool = False
    events: str = ""


Day: TypeAlias = tuple[Span, ...]
"""What begins on a day, in order; none: closed."""


@dataclass(frozen=True, slots=True)
class Now:
    """What holds at a moment: until when (None: no end in sight), or when the office opens next."""

    state: Told
    comment: str = ""
    until: datetime | None = None
    opens: datetime | None = None


def day_of(notation: str, day: date, days: Days, place: Place | None) -> Day | None:
    """Return the hours of a day, None where they cannot be told exactly.

    On a day that the agency itself took off, an office whose rules say nothing of holidays is closed.
    """
    rules = exact_rules(notation, days)
    if rules is None:
        return None
    if days.own(day) and not any(one.kind == "PH" for rule in rules for one in rule.holidays):
        return ()
    kept = kept_of(rules, day, days)
    first = _spans(tuple(rule for rule in kept if rule.joined != "||"), day, place)
    then = _spans(tuple(rule for rule in kept if rule.joined == "||"), day, place)
    if not then or all(span.state == "closed" for span in first):
        return then or first
    return (*first, *(one for span in then for one in _left(span, first)))


def exact_rules(notation: str, days: Days) -> tuple[Rule, ...] | None:
    """Return the rules of a notation if with them every day can be told exactly."""
    rules = rules_of(notation)
    if rules is None or any(rule.vague for rule in rules):
        return None
    schools = any(one.kind == "SH" for rule in rules for one in rule.holidays)
    return None if schools and not days.knows_school else rules


def now_of(notation: str, at: datetime, days: Days, place: Place) -> Now | None:
    """Return what holds at a moment of the wall clock (without a zone), None where nobody can tell."""
    if exact_rules(notation, days) is None:
        return None
    running = [
        (end, span)
        for start, end, span in _spans_from(notation, at.date() - _DAY, 2, days, place)
        if start <= at < end and span.state != "closed"
    ]
    if not running:
        return Now("closed", opens=_next(notation, at, days, place))
    end, span = max(running, key=lambda one: (one[1].state == "open", one[0]))
    if not span.named and span.comment:
        return Now("unknown", span.comment)
    return Now(span.state, span.comment, _until(notation, end, span, days, place))


def _next(notation: str, at: datetime, days: Days, place: Place) -> datetime | None:
    spans = _spans_from(notation, at.date(), _LOOKED_AHEAD, days, place)
    return next(
        (start for start, _, span in spans if start > at and span.named and span.state == "open"), None
    )


def _until(notation: str, end: datetime, span: Span, days: Days, place: Place) -> datetime | None:
    """Return when the same state ends for good: hours that follow at once go on."""
    last = end + _ENDLESS
    for start, until, other in _spans_from(notation, end.date() - _DAY, _ENDLESS.days + 2, days, place):
        if start <= end < until and (other.state, other.comment) == (span.state, span.comment):
            end = until
        if start.date() > end.date():
            break
        if end >= last:
            return None
    return end


def _spans_from(
    notation: str, first: date, count: int, days: Days, place: Place
) -> Iterator[tuple[datetime, datetime, Span]]:
    for day in (first + number * _DAY for number in range(count)):
        midnight = datetime.combine(day, time())
        for span in day_of(notation, day, days, place) or ():
            yield midnight + span.start * _MINUTE, midnight + span.end * _MINUTE, span


def _spans(rules: tuple[Rule, ...], day: date, place: Place | None) -> Day:
    timed = tuple(rule for rule in rules if rule.times)
    spans = _timed(timed, day, place) if _follows_sun(timed) else _timed(timed, _SOME_MONDAY, None)
    silent = [rule for rule in rules if not rule.times and (rule.state != "closed" or rule.comment)]
    return (*spans, *(_whole(rule) for rule in silent))


def _left(span: Span, taken: Day) -> Iterator[Span]:
    """Yield what other spans leave of one; without times it is left as a whole, for all other hours."""
    if not span.named or span.events:
        yield replace(span, otherwise=True)
        return
    start = span.start
    for other in sorted((one for one in taken if one.named), key=lambda one: one.start):
        if start < min(other.start, span.end):
            yield replace(span, start=start, end=min(other.start, span.end))
        start = max(start, other.end)
    if start < span.end:
        yield replace(span, start=start)


def _whole(rule: Rule) -> Span:
    return Span(0, FULL_DAY, rule.state, rule.comment, named=False)


def _follows_sun(rules: tuple[Rule, ...]) -> bool:
    return any(event in rule.times for rule in rules for event in SUN)


@lru_cache(4096)
def _timed(rules: tuple[Rule, ...], day: date, place: Place | None) -> Day:
    """Return what rules with times come to on one day, whichever days they are about."""
    if place is None and _follows_sun(rules):
        return tuple(Span(0, 0, rule.state, rule.comment, events=rule.times) for rule in rules)
    if not rules:
        return ()
    midnight = datetime.combine(day, time(), None if place is None else place.zone)
    found = _evaluated(rules, day, place).intervals(midnight, midnight + 2 * _DAY)
    return tuple(
        Span(_minutes(start, day), _minutes(until, day), _told(state), comment)
        for start, until, state, comment in found
        if state != State.CLOSED
    )


def _evaluated(rules: tuple[Rule, ...], day: date, place: Place | None) -> OpeningHours:
    text = ""
    for rule in rules:
        joined = "" if not text else "; " if rule.state == "closed" else ", "
        state = "" if rule.state == "open" else f" {rule.state}"
        comment = f' open "{rule.comment}"' if rule.comment and not state else f' "{rule.comment}"'
        text += f"{joined}{day:%Y %b %d} {rule.times}{state}{comment if rule.comment else ''}"
    if place is None:
        return OpeningHours(text, auto_country=False)
    coords = (place.latitude, place.longitude)
    return OpeningHours(text, timezone=place.zone, coords=coords, auto_country=False)


def _told(state: State) -> Told:
    return "open" if state == State.OPEN else "unknown"


def _minutes(at: datetime, day: date) -> int:
    return (at.replace(tzinfo=None) - datetime.combine(day, time())) // _MINUTE
