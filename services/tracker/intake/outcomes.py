"""What publishers are told of their events: what each one did, or why it did nothing."""

from datetime import datetime
from uuid import UUID, uuid5

from contracts.messages.outcome import Outcome, said
from contracts.streams import OUTCOME_SUBJECT
from runtime.database.outbox import Row
from services.tracker.domain.batch import Aside, Source, Taken
from services.tracker.store.set_aside import storable

_NAMESPACE = UUID("b7c9d0a1-53f0-4f0b-9a55-5b9f2b0a6d11")


def outcome_of_taken(taken: Taken, notices: int, now: datetime) -> Row:
    """Return the message that says what an event did."""
    body = taken.arrival.body
    effect, problem = said(taken.decision.effect)
    message = Outcome(
        publisher=body.publisher,
        event_id=body.event_id,
        effect=effect,
        problem=problem,
        document_type=body.document_type,
        stage=body.stage,
        office=body.office,
        notices=notices,
        at=now,
    )
    source = taken.arrival.source
    return Row(_outcome_id(source), OUTCOME_SUBJECT, message.encoded(), source.trace)


def outcome_of_aside(aside: Aside, now: datetime) -> Row | None:
    """Return the message that says why an event did nothing; None where nobody knows whose it is."""
    body = aside.body
    if body is None or storable(body.publisher) is None or storable(body.event_id) is None:
        return None
    effect, problem = said(aside.effect)
    message = Outcome(
        publisher=body.publisher,
        event_id=body.event_id,
        effect=effect,
        problem=problem,
        document_type=body.document_type,
        stage=body.stage,
        office=body.office,
        reason=aside.reason,
        at=now,
    )
    return Row(_outcome_id(aside.source), OUTCOME_SUBJECT, message.encoded(), aside.source.trace)


def _outcome_id(source: Source) -> UUID:
    """Return the identity of what is said about a message: the same however often it is taken in."""
    return uuid5(_NAMESPACE, f"outcome\x1f{source.id}")
