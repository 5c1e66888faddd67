"""What a person chose for themselves: plain values that the conversation and the messages are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.notifier.domain.quiet_hours import OwnHours

Detail = Literal["all", "news"]
"""How much an address may be told: everything, or only that there is news."""

LONGEST_NAME = 40
"""Letters, as people count them, of a code phrase or of a document's private name."""
MOST_NAMES = 50


@dataclass(frozen=True)
class Asked:
    """Choices that somebody makes by their number, for want of buttons: the data of each, and since when."""

    choices: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Personal:
    """What nobody else may read: the code phrase, private names by subscription, choices that are open."""

    phrase: str | None = None
    names: Mapping[UUID, str] = field(default_factory=dict)
    asked: Asked | None = None

    def with_name(self, subscription: UUID, name: str | None) -> "Personal":
        """Return the same with another name for a document, or without one; the oldest name gives way."""
        kept = {one: told for one, told in self.names.items() if one != subscription}
        if name is None:
            return replace(self, names=kept)
        return replace(self, names=dict([*kept.items(), (subscription, name)][-MOST_NAMES:]))

    def without_names(self, subscription: UUID | None) -> "Personal":
        """Return the same without the name of a document that is followed no more; None: of all."""
        return replace(self, names={}) if subscription is None else self.with_name(subscription, None)

    def joined_with(self, other: "Personal", twice: Mapping[UUID, UUID]) -> "Personal":
        """Return these and what somebody chose who is the same person from now on; one's own choices stand.

        `twice` maps a subscription that ended to the one that stays in its place.
        """
        names = {twice.get(subscription, subscription): name for subscription, name in other.names.items()}
        both = {**names, **self.names}
        return Personal(self.phrase or other.phrase, dict([*both.items()][-MOST_NAMES:]))

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to keep."""
        return self.phrase is None and not self.names and self.asked is None


@dataclass(frozen=True)
class Awaiting:
    """What somebody was asked to type next; a name is for one document."""

    what: Literal["phrase", "name", "zone"]
    subscription: UUID | None = None


@dataclass(frozen=True)
class Reader:
    """Who reads a message: their language, time zone (None: the agency's) and own choices.

    `detail`: how much they let us tell where they read it; None: a chat of their own, where all is told.
    `glance`: how much of it may stand where others look; None: nothing ever does.
    """

    language: str
    zone: str | None = None
    personal: Personal = field(default_factory=Personal)
    detail: Detail | None = None
    glance: Detail | None = None


def detail_of(chosen: Detail | None, *, exposed: bool, converses: bool) -> Detail | None:
    """Return how much is told at an address; None: it is a chat of one's own.

    What others may read is told no more than news before its owner has `chosen` another thing.
    """
    if exposed:
        return chosen or "news"
    return None if converses else chosen or "all"


@dataclass(frozen=True)
class SetLanguage:
    """Store another language for a recipient on record."""

    language: str
    replaces: str | None = None


@dataclass(frozen=True)
class SetQuiet:
    """Store when not to wake a recipient; None: as the agency does, equal times: wake at any time."""

    hours: OwnHours | None
    replaces: str | None = None


@dataclass(frozen=True)
class SetZone:
    """Store a recipient's time zone; None: the agency's."""

    zone: str | None
    replaces: str | None = None


@dataclass(frozen=True)
class SetPhrase:
    """Store a recipient's code phrase, or forget it."""

    phrase: str | None
    replaces: str | None = None


@dataclass(frozen=True)
class SetName:
    """Store a recipient's own name for a document, or forget it."""

    subscription: UUID
    name: str | None
    replaces: str | None = None


Setting = SetLanguage | SetQuiet | SetZone | SetPhrase | SetName
