"""What buttons carry: short texts of at most 64 bytes that mean the same for ever.

The secret of a receipt travels in the button, so that nothing about a stranger need be stored.
"""

import re
from dataclasses import dataclass
from datetime import time
from typing import Literal
from uuid import UUID

from contracts.links import JOINING
from services.notifier.domain.actions import Secret
from services.notifier.domain.quiet_hours import OwnHours
from services.notifier.wording.keyboard import (
    answer_data,
    appointment_data,
    consultation_data,
    handover_data,
)
from services.notifier.wording.keyboard.answer_data import Answering
from services.notifier.wording.keyboard.appointment_data import Appointing
from services.notifier.wording.keyboard.consultation_data import Consulting
from services.notifier.wording.keyboard.handover_data import Handover

STATUS, NO, KEEP, LANGUAGES, HELP, FORGET = "st", "n", "k", "l", "h", "f"
SETTINGS, QUIET, ZONE, ZONE_TYPED, PHRASE, PHRASE_TYPED, NO_PHRASE = "set", "q", "z", "zt", "p", "pt", "px"
PRIVACY, EXPORT, ASK_FORGET, CANCEL, HOURS, NAMES = "pr", "ex", "fa", "x", "o", "nm"
WAYS, ADD_WAY, LETTER = "w", "wa", "wl"
PAPERS, OTHER_PAPERS, FOLLOWING = "pp", "pp:o", "pp:h"
MENU, ASKING = "mn", "as"
_PLAIN = frozenset(
    {STATUS, NO, KEEP, LANGUAGES, HELP, FORGET, SETTINGS, QUIET, ZONE, ZONE_TYPED, PHRASE, PHRASE_TYPED}
    | {NO_PHRASE, PRIVACY, EXPORT, ASK_FORGET, CANCEL, HOURS, NAMES, WAYS, ADD_WAY, LETTER}
    | {PAPERS, OTHER_PAPERS, FOLLOWING, MENU, ASKING}
)
_RECEIPT = re.compile(
    r"(?P<verb>[yc])(?::(?P<token>[A-Za-z0-9_-]{22})|c:(?P<code>[0-9A-Z]{13}))(?::(?P<language>[a-z]{2,3}))?"
)
_LANGUAGE = re.compile(r"l:([a-z]{2,3})")
_STOP = re.compile(r"(?P<verb>[sx]):(?:all|(?P<subscription>[0-9a-f]{32}))")
_QUIET = re.compile(r"q:(?:usual|([01][0-9]|2[0-3])([0-5][0-9])-([01][0-9]|2[0-3])([0-5][0-9]))")
_ZONE = re.compile(r"z:(?:usual|([A-Za-z0-9_+/-]{1,60}))")
_ABOUT = re.compile(r"(?P<verb>m|i|b|o|t|sh|nm|nx):(?P<subscription>[0-9a-f]{32})")
_WAY = re.compile(r"w(?P<verb>[fdxnl]):(?P<address>[0-9a-f]{32})")
_JOIN = re.compile(rf"j(?P<verb>[ya]):(?P<secret>{JOINING.pattern})(?::(?P<language>[a-z]{{2,3}}))?")
LONGEST = 64
"""Bytes that a button can carry."""
_OFFICE = re.compile(r"of:(\S{1,61})")

About_ = Literal["menu", "history", "bring", "hours", "time", "share", "name", "unname"]
_ABOUTS: dict[str, About_] = {
    "m": "menu",
    "i": "history",
    "b": "bring",
    "o": "hours",
    "t": "time",
    "sh": "share",
    "nm": "name",
    "nx": "unname",
}
WayVerb = Literal["first", "ask_drop", "drop", "news", "all"]
_WAY_VERBS: dict[str, WayVerb] = {"f": "first", "d": "ask_drop", "x": "drop", "n": "news", "l": "all"}
_WAY_LETTERS: dict[WayVerb, str] = {meaning: letter for letter, meaning in _WAY_VERBS.items()}
_LETTERS: dict[About_, str] = {meaning: letter for letter, meaning in _ABOUTS.items()}


@dataclass(frozen=True)
class Consent:
    """Yes to following (`given`), or the question once more in another language."""

    given: bool
    kind: Secret
    secret: str
    language: str | None


@dataclass(frozen=True)
class Stop:
    """The wish to stop one subscription or all; `confirmed` by the second tap."""

    confirmed: bool
    subscription: UUID | None


@dataclass(frozen=True)
class PickLanguage:
    """Another language."""

    language: str


@dataclass(frozen=True)
class PickQuiet:
    """Other quiet hours; None: the agency's."""

    hours: OwnHours | None


@dataclass(frozen=True)
class PickZone:
    """Another time zone; None: the agency's."""

    zone: str | None


@dataclass(frozen=True)
class About:
    """Something about one document."""

    verb: About_
    subscription: UUID


@dataclass(frozen=True)
class Way:
    """Something about one of one's own addresses."""

    verb: WayVerb
    address: UUID


@dataclass(frozen=True)
class Joining:
    """Yes to being one with whoever gave a secret (`given`), or the question in another language."""

    given: bool
    secret: str
    language: str | None


@dataclass(frozen=True)
class Office:
    """When one office is open."""

    code: str


@dataclass(frozen=True)
class Plain:
    """A button without any value: one of the constants above."""

    data: str


Tap = (
    Consent
    | Stop
    | PickLanguage
    | PickQuiet
    | PickZone
    | About
    | Way
    | Joining
    | Office
    | Plain
    | Consulting
    | Answering
    | Handover
    | Appointing
)


def parse(data: str) -> Tap | None:
    """Return what a button means; None for one that was never ours."""
    if data in _PLAIN:
        return Plain(data)
    if found := _RECEIPT.fullmatch(data):
        kind: Secret = "token" if found["token"] else "code"
        return Consent(found["verb"] == "y", kind, found["token"] or found["code"], found["language"])
    if found := _STOP.fullmatch(data):
        named = found["subscription"]
        return Stop(found["verb"] == "x", UUID(named) if named else None)
    if found := _ABOUT.fullmatch(data):
        return About(_ABOUTS[found["verb"]], UUID(found["subscription"]))
    if found := _OFFICE.fullmatch(data):
        return Office(found[1])
    return _elsewhere(data) or _of_ways(data) or _choice(data)


def _elsewhere(data: str) -> Tap | None:
    told = consultation_data.parse(data) or answer_data.parse(data)
    return told or handover_data.parse(data) or appointment_data.parse(data)


def _of_ways(data: str) -> Tap | None:
    if found := _WAY.fullmatch(data):
        return Way(_WAY_VERBS[found["verb"]], UUID(found["address"]))
    if found := _JOIN.fullmatch(data):
        return Joining(found["verb"] == "y", found["secret"], found["language"])
    return None


def _choice(data: str) -> Tap | None:
    if found := _LANGUAGE.fullmatch(data):
        return PickLanguage(found[1])
    if found := _ZONE.fullmatch(data):
        return PickZone(None if data == "z:usual" else found[1])
    if found := _QUIET.fullmatch(data):
        if found[1] is None:
            return PickQuiet(None)
        start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        return PickQuiet(OwnHours(start, end))
    return None


def receipt(verb: Literal["y", "c"], kind: Secret, secret: str, language: str) -> str:
    """Return the data of yes (`y`) or of the question in another language (`c`)."""
    return f"{verb}:{secret}:{language}" if kind == "token" else f"{verb}c:{secret}:{language}"


def stop(subscription: UUID | None, *, confirmed: bool) -> str:
    """Return the data of the wish to stop."""
    return f"{'x' if confirmed else 's'}:{subscription.hex if subscription else 'all'}"


def about(verb: About_, subscription: UUID) -> str:
    """Return the data of something about one document."""
    return f"{_LETTERS[verb]}:{subscription.hex}"


def way(verb: WayVerb, address: UUID) -> str:
    """Return the data of something about one of one's own addresses."""
    return f"w{_WAY_LETTERS[verb]}:{address.hex}"


def joining(verb: Literal["y", "a"], secret: str, language: str) -> str:
    """Return the data of yes (`y`) to being one person, or of the question in another language (`a`)."""
    return f"j{verb}:{secret}:{language}"


def language(code: str) -> str:
    """Return the data of a language."""
    return f"l:{code}"


def quiet(hours: OwnHours | None) -> str:
    """Return the data of quiet hours."""
    return "q:usual" if hours is None else f"q:{hours.start:%H%M}-{hours.end:%H%M}"


def zone(name: str | None) -> str:
    """Return the data of a time zone."""
    return f"z:{name or 'usual'}"


def office(code: str) -> str | None:
    """Return the data of an office; None where its code is too long for a button."""
    data = f"of:{code}"
    return data if _OFFICE.fullmatch(data) and len(data.encode()) <= LONGEST else None
