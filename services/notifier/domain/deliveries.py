"""The rules of a delivery: what each answer of a messenger means for it, and when it ends without one.

Pure functions over frozen values. Times are waits in seconds from now: only the database knows when now is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import assert_never
from uuid import UUID, uuid5

from contracts.catalogue import Catalogue
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.notice import Notice, NoticeKind
from services.notifier.domain.addresses.routes import may_move_on
from services.notifier.domain.messages import Message
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

MAX_UNKNOWNS = 3
"""How many copies a citizen may see at most: one and two resends."""

ANSWER_LIFE = timedelta(hours=24)
DEFAULT_TTL_HOURS = 168

_NAMESPACE = UUID("0b9d2c0e-7a55-4d0c-8f43-0a1d7f0c5e21")


class DeliveryClass(IntEnum):
    """Who goes first: answers to citizens, then what they must act on, then the rest."""

    ANSWER = 0
    ACTIONABLE = 1
    OTHER = 2


@dataclass(frozen=True)
class Flight:
    """An attempt in the air: its number from 1, earlier outcomes that stayed unknown, sent as plain text.

    `actionable`: there is something that its reader must do. `moved`: another address was tried before.
    """

    attempt: int
    unknowns: int = 0
    plain: bool = False
    actionable: bool = False
    moved: bool = False


@dataclass(frozen=True)
class Again:
    """Pending once more, to be sent after `wait` seconds; with unknowns it waits for a resend.

    `held`: kept back with others, so that only the newest of them goes out in the end. `unpaid`: that was
    since it would cost too much, and nothing else of its reader's waits for it.
    """

    wait: float
    unknowns: int
    plain: bool
    held: bool = False
    unpaid: bool = False


@dataclass(frozen=True)
class Ended:
    """The delivery's end; `reference` is the messenger's id of an accepted message."""

    end: DeliveryEnd
    unknowns: int
    reason: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Onward:
    """Pending at the next address of its route; where there is none, what else is to be done."""

    otherwise: Again | Ended


Step = Again | Ended | Onward


def step(result: Result, flight: Flight, *, resend_after: float, backoff: Callable[[int], float]) -> Step:
    """Return what a result means for the delivery.

    `backoff` gives the seconds to wait after failed attempt n; `resend_after` is the least wait in seconds
    before a message goes out again to an address where its fate is unknown.
    """
    again = Again(0.0, flight.unknowns, flight.plain)
    next_step: Step
    match result:
        case Accepted(reference=reference):
            next_step = Ended(DeliveryEnd.ACCEPTED, flight.unknowns, reference=reference)
        case Unreachable(reason):
            next_step = _refused_here(reason, flight)
        case Permanent(reason, _):
            next_step = _refused(reason, flight)
        case Unknown(_):
            next_step = _unknown(flight, resend_after)
        case Throttled(seconds, _):
            next_step = replace(again, wait=max(0.0, seconds))
        case NotSent(_):
            next_step = replace(again, wait=backoff(flight.attempt))
        case Moved(_):
            next_step = replace(again, wait=0.0 if flight.attempt == 1 else backoff(flight.attempt))
        case AccountDown(_):
            next_step = replace(again, held=True)
        case _:
            assert_never(result)
    return next_step


def _refused(reason: str, flight: Flight) -> Step:
    """What cannot be parsed goes out once more as plain text; any other refusal is that of the address."""
    if reason == "unparseable" and not flight.plain:
        return Again(0.0, flight.unknowns, plain=True)
    return _refused_here(reason, flight)


def _refused_here(reason: str, flight: Flight) -> Step:
    """No message arrives at this address; one may have arrived at an address that was tried before."""
    perhaps = flight.moved and flight.unknowns > 0
    end = Ended(DeliveryEnd.UNKNOWN if perhaps else DeliveryEnd.UNDELIVERABLE, flight.unknowns, reason=reason)
    return Onward(end) if may_move_on(flight.unknowns, actionable=flight.actionable) else end


def _unknown(flight: Flight, resend_after: float) -> Step:
    unknowns = flight.unknowns + 1
    if unknowns >= MAX_UNKNOWNS:
        return Ended(DeliveryEnd.UNKNOWN, unknowns, reason="no_answer")
    again = Again(resend_after, unknowns, flight.plain)
    return Onward(again) if may_move_on(unknowns, actionable=flight.actionable) else again


def unpaid(flight: Flight, wait: float) -> Step:
    """What costs too much goes on, as if refused here, or waits for the next month, in `wait` seconds."""
    again = Again(max(0.0, wait), flight.unknowns, flight.plain, held=True, unpaid=True)
    return Onward(again) if may_move_on(flight.unknowns, actionable=flight.actionable) else again


def class_of(notice: Notice, catalogue: Catalogue) -> DeliveryClass:
    """Return how urgent a notice is: a stage at which the citizen must act goes first."""
    stage = catalogue.stages.get(notice.stage or "")
    return DeliveryClass.ACTIONABLE if stage is not None and stage.actionable else DeliveryClass.OTHER


def expiry_of(notice: Notice, catalogue: Catalogue) -> datetime:
    """Return when a notice is not worth sending any more: its stage's time to live from its creation."""
    hours = (
        catalogue.stage_of(notice.document_type, notice.stage).ttl_hours
        if notice.stage is not None and catalogue.knows(notice.document_type, notice.stage)
        else DEFAULT_TTL_HOURS
    )
    return notice.created_at + timedelta(hours=hours)


def reach_within(notice: Notice, catalogue: Catalogue) -> timedelta | None:
    """Return how long an address has for a notice before the next one is tried; None: as long as it takes."""
    if notice.stage is None or not catalogue.knows(notice.document_type, notice.stage):
        return None
    return catalogue.stage_of(notice.document_type, notice.stage).reach_within


def revision_of(notice: Notice) -> int | None:
    """Return the age of what a notice says; None where a newer stage does not make it pointless."""
    return None if notice.kind is NoticeKind.FOLLOWER else notice.revision


def answer_id(channel: str, update: str, number: int) -> UUID:
    """Return the identity of the n-th answer to an update: a replayed update makes the same ids."""
    return uuid5(_NAMESPACE, f"{channel}\x1f{update}\x1f{number}")


def redeem_id(channel: str, update: str) -> UUID:
    """Return the identity of the redeem that an update asks for: a replayed update makes the same."""
    return uuid5(_NAMESPACE, f"redeem\x1f{channel}\x1f{update}")


def without_markup(message: Message) -> Message:
    """Return the message as plain text, which no messenger can fail to parse; buttons stay."""
    return replace(message, plain=True)


def forget_id(recipient: UUID) -> UUID:
    """Return the identity of the message that somebody is to be forgotten."""
    return uuid5(recipient, "forget")


def report_id(notice: UUID, status: str) -> UUID:
    """Return the identity of the report of a notice's end: reporting it twice is one report."""
    return uuid5(notice, status)
