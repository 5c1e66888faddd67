"""What the tracker tells ingest: what became of an accepted event.

A version before this one knows no refused event: on the wire it is a conflict with a `problem`. `said` writes
an effect so, `meant` reads it.
"""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, TypeAdapter

from contracts.messages.base import Code, Message
from contracts.messages.ids import EventId, Publisher


class Effect(StrEnum):
    """What an accepted event did; every accepted event has exactly one effect."""

    ADVANCE = "advance"
    UPDATE = "update"
    CORRECTION = "correction"
    RESTART = "restart"
    LATE = "late"
    REPEAT = "repeat"
    REGRESSION = "regression"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    PARKED = "parked"
    DEAD = "dead"


Problem = Literal["foreign"]
"""Why an event is refused: its application belongs to a publisher that does not share with this one."""


SaidEffect = Literal[
    Effect.ADVANCE,
    Effect.UPDATE,
    Effect.CORRECTION,
    Effect.RESTART,
    Effect.LATE,
    Effect.REPEAT,
    Effect.REGRESSION,
    Effect.DUPLICATE,
    Effect.CONFLICT,
    Effect.PARKED,
    Effect.DEAD,
]
"""An effect as it goes on the wire."""


def said(effect: Effect) -> tuple[SaidEffect, Problem | None]:
    """Return an effect as it goes on the wire, and its problem."""
    return (Effect.CONFLICT, "foreign") if effect is Effect.REFUSED else (effect, None)


def meant(effect: SaidEffect, problem: Problem | None) -> Effect:
    """Return the effect that a message from the wire means."""
    return effect if problem is None else Effect.REFUSED


class Outcome(Message):
    """The effect of one accepted event, subject `docwatch.outcome.v1`.

    `notices` counts the people to be told because of it. `effect` and `problem` are read by `meant`.
    """

    version: Literal[1] = 1
    publisher: Publisher
    event_id: EventId
    effect: SaidEffect
    problem: Problem | None = None
    document_type: Code | None = None
    stage: Code | None = None
    office: Code | None = None
    notices: int = 0
    reason: str | None = None
    at: AwareDatetime


OUTCOME = TypeAdapter(Outcome)
