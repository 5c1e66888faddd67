"""The rules of calls by phone: when people are called, what follows from how a call went; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from contracts.catalogue import Agency, CallTerms
from contracts.messages.desk.calls import CallResult, Settled, Wish
from worktime.calendar import Calendar, calendar_of
from worktime.hours import Place, now_of

Ended = Literal[
    CallResult,
    Settled,
    "no_calls",
    "given_up",
    "too_old",
]
"""Why an entry is over: how its last call went, why the tracker takes it off, or what our rules say."""
AgainFault = Literal["no_time", "past", "closed", "too_late"]
"""Why nobody can be called again then: no time is given, it is over, nobody calls then, it is too far off."""


@dataclass(frozen=True, slots=True)
class Window:
    """The hours in which calls are made; they can be told exactly."""

    notation: str
    days: Calendar
    zone: ZoneInfo

    @classmethod
    def of(cls, agency: Agency, terms: CallTerms) -> "Window":
        """Return those of an agency."""
        return cls(terms.hours, calendar_of(agency.holidays), ZoneInfo(agency.time_zone))

    def is_open(self, at: datetime) -> bool:
        """Tell whether people are called at an instant."""
        found = now_of(self.notation, self._clock(at), self.days, self._place)
        return found is not None and found.state == "open"

    def from_then(self, at: datetime) -> datetime | None:
        """Return the first instant from a given one at which people are called; None: never again."""
        found = now_of(self.notation, self._clock(at), self.days, self._place)
        if found is None or found.state == "open":
            return None if found is None else at
        return None if found.opens is None else found.opens.replace(tzinfo=self.zone).astimezone(at.tzinfo)

    def moment(self, clock: datetime) -> datetime:
        """Return the instant at which the clocks there show a time."""
        return clock.replace(tzinfo=self.zone)

    def _clock(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)

    @property
    def _place(self) -> Place:
        # The hours do not follow the sun, so it does not matter where it rises.
        return Place(0.0, 0.0, self.zone)


@dataclass(frozen=True, slots=True)
class Rules:
    """How often and for how long people are called."""

    window: Window
    tries: int
    pauses: tuple[timedelta, ...]
    life: timedelta

    @classmethod
    def of(cls, agency: Agency, terms: CallTerms) -> "Rules":
        """Return those of an agency."""
        return cls(Window.of(agency, terms), terms.tries, terms.pauses, timedelta(days=terms.days))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: `wants` and `again_at` stand with the results `wants` and `later`."""

    result: CallResult
    wants: Wish | None = None
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: the entry is over for a reason, or somebody is called again at an instant."""

    ended: Ended | None = None
    due_at: datetime | None = None

    @property
    def over(self) -> bool:
        """Tell whether nobody is called about it any more."""
        return self.ended is not None


def again_fault(
    again_at: datetime | None, now: datetime, missed_at: datetime, rules: Rules
) -> AgainFault | None:
    """Return why somebody cannot be called again at an instant, None where they can."""
    if again_at is None:
        return "no_time"
    if again_at <= now:
        return "past"
    if again_at > missed_at + rules.life:
        return "too_late"
    return None if rules.window.is_open(again_at) else "closed"


def after(outcome: Outcome, unanswered: int, *, now: datetime, missed_at: datetime, rules: Rules) -> Next:
    """Return what follows from how a call went.

    Args:
        outcome: how it went; a time to call again is one without a fault.
        unanswered: how many calls nobody answered until now, this one included.
        now: when it went so.
        missed_at: since when the agency knows that no message reached them.
        rules: the agency's.
    """
    if outcome.result == "later":
        return Next(due_at=outcome.again_at)
    if outcome.result == "wants" and outcome.wants == "no_calls":
        return Next(ended="no_calls")
    if outcome.result != "no_answer":
        return Next(ended=outcome.result)
    if unanswered >= rules.tries:
        return Next(ended="given_up")
    pause = rules.pauses[min(unanswered, len(rules.pauses)) - 1]
    due_at = rules.window.from_then(now + pause)
    if due_at is None or due_at > missed_at + rules.life:
        return Next(ended="given_up")
    return Next(due_at=due_at)


def link_of(links: Mapping[str, str], publisher: str, event_id: str, receipt_id: str | None) -> str | None:
    """Return the address at which a back office shows whom to call, None where it has none for this.

    What a browser would read as a step up a path, or nothing at all, goes into no address.
    """
    template = links.get(publisher)
    if template is None:
        return None
    for name, value in (("event_id", event_id), ("receipt_id", receipt_id)):
        place = f"{{{name}}}"
        if place in template:
            if not value or not value.strip("."):
                return None
            template = template.replace(place, quote(value, safe=""))
    return template
