"""What the tracker tells ingest: what became of an accepted event."""

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
    PARKED = "parked"
    DEAD = "dead"


class Outcome(Message):
    """The effect of one accepted event, subject `docwatch.outcome.v1`.

    `notices` counts the people to be told because of it.
    """

    version: Literal[1] = 1
    publisher: Publisher
    event_id: EventId
    effect: Effect
    document_type: Code | None = None
    stage: Code | None = None
    notices: int = 0
    reason: str | None = None
    at: AwareDatetime


OUTCOME = TypeAdapter(Outcome)
