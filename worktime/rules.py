"""Opening hours as rules: OpenStreetMap's notation taken apart, so that holidays are those of one calendar.

The parser is the `opening_hours` package's; what it prints again is regular enough to be split. `PH` and `SH`
never reach its evaluation, for it has holidays of its own, and moves no working day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, Protocol, TypeAlias

from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]  # not in its stubs

Joined: TypeAlias = Literal[";", ",", "||"]
Told: TypeAlias = Literal["open", "closed", "unknown"]
_LONGEST = 1000
_DAY = timedelta(days=1)
_WEEKDAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
# Of `PH Su` (holidays that fall on a Sunday) the package makes `PH,Su`; an offset tells the two apart.
_BOTH = 1000
_ON_WEEKDAYS = re.compile(r"\b(PH|SH)(?:\s*([+-])\s*(\d+)\s*days?)?\s+" + rf"(?={_WEEKDAY}\b)")
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
# `Tu, Th 09:00-11:00` and `Dec 24, Dec 31 off` are lists; for its space the package takes each for two rules.
_DAY_LIST = re.compile(rf"({_WEEKDAY}|{_WEEKDAY}\[[^\]]*\]|PH|SH)\s*,\s+(?=(?:{_WEEKDAY}|PH|SH)\b)")
_DATE_LIST = re.compile(rf"({_MONTH}(?:\s*\d{{1,2}})?)\s*,\s+(?={_MONTH}\b)")
_SEPARATOR = re.compile(r"(; |, | \|\| )")
_STATED = re.compile(r"\b(?:open|closed|off|unknown)\s*$", re.IGNORECASE)
_RULE = re.compile(r"(?P<selector>.*?)\s*(?P<state>closed|unknown)?\s*(?:\"(?P<comment>\d+)\")?", re.DOTALL)
_TIMES = re.compile(r"(?:^| )(?=\d\d:\d\d|\(?(?:dawn|sunrise|sunset|dusk))")
_WEEKDAYS = re.compile(rf"(?:^| )(?=(?:{_WEEKDAY}|PH|SH)\b)")
_SHOWN_HOLIDAY = re.compile(r"(PH|SH)(?: (-?\d+) days?)?,?")
_VAGUE = re.compile(r"[+/](?![^()]*\))")
_ALWAYS = ("24/7", "00:00-24:00")
_TIDIED = str.maketrans("–—−", "---")


class Days(Protocol):
    """What rules ask of a calendar."""

    @property
    def knows_school(self) -> bool: ...  # noqa: D102 - as those of Calendar
    def own(self, day: date) -> bool: ...  # noqa: D102
    def off(self, day: date) -> bool: ...  # noqa: D102
    def school_holiday(self, day: date) -> bool: ...  # noqa: D102
    def stands_for(self, day: date) -> date: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday in a rule: public (`PH`) or of schools (`SH`), so many days after it."""

    kind: Literal["PH", "SH"]
    offset: int = 0

    def on(self, day: date, days: Days) -> bool:
        """Tell whether the day is meant."""
        of = day - self.offset * _DAY
        return days.off(of) if self.kind == "PH" else days.school_holiday(of)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the notation.

    Attributes:
        joined: how it goes on from the rules before it.
        dates: selector of years, months, days and weeks; empty: every date.
        weekdays: selector of weekdays; empty: every weekday, or none where there are holidays.
        holidays: days that are meant as well, or, where `both`, alone and only on those weekdays.
        times: the hours as the notation writes them; empty: the rule names none.
        state: what holds then.
        comment: the agency's words, empty for none.
    """

    joined: Joined
    dates: str
    weekdays: str
    holidays: tuple[Holiday, ...]
    both: bool
    times: str
    state: Told
    comment: str

    @property
    def vague(self) -> bool:
        """Tell whether the end of its hours is left open, or it names points in time in place of hours."""
        return _VAGUE.search(self.times) is not None

    def on(self, day: date, days: Days) -> bool:
        """Tell whether the rule is about the day; a moved working day counts as its other weekday."""
        if self.dates and day not in _matching(self.dates, day.year):
            return False
        stands_for = days.stands_for(day)
        weekday = bool(self.weekdays) and stands_for in _matching(self.weekdays, stands_for.year)
        if not self.holidays:
            return weekday or not self.weekdays
        holiday = any(one.on(day, days) for one in self.holidays)
        return holiday and weekday if self.both else holiday or weekday


@lru_cache(1024)
def rules_of(notation: str) -> tuple[Rule, ...] | None:
    """Return the rules of opening hours, None where nobody can read them."""
    prepared = _prepared(notation)
    if prepared is None:
        return None
    text, comments = prepared
    try:
        written = str(OpeningHours(text))
    except (ParserError, UnicodeEncodeError):
        return None
    always = any(one in text for one in _ALWAYS)
    pieces = ["; ", *_SEPARATOR.split(written)]
    pairs = zip(pieces[::2], pieces[1::2], strict=True)
    return tuple(_rule(_joined(separator), rule, comments, always=always) for separator, rule in pairs)


def kept_of(rules: tuple[Rule, ...], day: date, days: Days) -> tuple[Rule, ...]:
    """Return those rules that decide a day: later ones replace, add to, or fill what earlier ones leave."""
    kept: list[Rule] = []
    for rule in rules:
        if not rule.on(day, days):
            continue
        partly = rule.state == "closed" and bool(rule.times)
        adds = rule.joined == "||" or (rule.joined == "," and (rule.state != "closed" or bool(rule.times)))
        if not (partly or adds):
            kept.clear()
        kept.append(rule)
    return tuple(kept)


def _prepared(notation: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the notation for the parser, its comments taken out and numbered, and the comments.

    A comment that no word says to be open or closed makes a rule uncertain, as the specification has it.
    """
    pieces = notation[: _LONGEST + 1].strip().split('"')
    if len(notation) > _LONGEST or len(pieces) % 2 == 0:
        return None
    text = ""
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            text += _tidied(piece)
        else:
            stated = _STATED.search(text) is not None
            text = f'{text.rstrip()} {"" if stated else "unknown "}"{number // 2}"'
    return text.strip().rstrip(";").rstrip(), tuple(pieces[1::2])


def _tidied(piece: str) -> str:
    spaced = re.sub(r"\s+", " ", piece)
    plain = re.sub(r"\b(?:PH|SH)\b", lambda found: found[0].upper(), spaced, flags=re.IGNORECASE)
    listed = _DATE_LIST.sub(r"\1,", _DAY_LIST.sub(r"\1,", plain.translate(_TIDIED)))
    return _ON_WEEKDAYS.sub(_marked, listed)


def _marked(found: re.Match[str]) -> str:
    offset = int((found[2] or "+") + (found[3] or "0")) - _BOTH
    return f"{found[1]} {offset} days "


def _joined(separator: str) -> Joined:
    match separator.strip():
        case "||":
            return "||"
        case ",":
            return ","
        case _:
            return ";"


def _rule(joined: Joined, text: str, comments: tuple[str, ...], *, always: bool) -> Rule:
    found = _RULE.fullmatch(text)
    selector = text if found is None else found["selector"]
    state = _state(None if found is None else found["state"])
    comment = "" if found is None or found["comment"] is None else comments[int(found["comment"])].strip()
    days, times = ("", "") if selector == "24/7" else _cut(_TIMES, selector)
    if not times and state == "open" and (always or not comment):
        # The parser prints no times where they are those of the whole day.
        times = "00:00-24:00"
    dates, weekdays = _cut(_WEEKDAYS, days)
    offsets = [(kind, int(offset or 0)) for kind, offset in _SHOWN_HOLIDAY.findall(weekdays)]
    both = [offset < -_BOTH // 2 for _, offset in offsets]
    return Rule(
        joined,
        dates,
        _SHOWN_HOLIDAY.sub("", weekdays).strip(", "),
        tuple(
            Holiday(kind, offset + _BOTH if one else offset)
            for (kind, offset), one in zip(offsets, both, strict=True)
        ),
        any(both),
        times,
        state,
        comment,
    )


def _state(word: str | None) -> Told:
    if word == "closed":
        return "closed"
    return "open" if word is None else "unknown"


def _cut(where: re.Pattern[str], text: str) -> tuple[str, str]:
    found = where.search(text)
    return (text, "") if found is None else (text[: found.start()], text[found.end() :])


@lru_cache(4096)
def _matching(selector: str, year: int) -> frozenset[date]:
    """Return the days of a year that a selector without holidays and times is about."""
    first, end = datetime(year, 1, 1), datetime(year + 1, 1, 1)  # noqa: DTZ001 - a wall clock
    return frozenset(
        day
        for start, until, state, _ in OpeningHours(selector).intervals(first, end)
        if state == State.OPEN
        for day in _range(start.date(), until.date())
    )


def _range(first: date, end: date) -> Iterator[date]:
    return (first + number * _DAY for number in range((end - first).days))
