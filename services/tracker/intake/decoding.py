"""Stage messages read from the stream's bytes; nothing here raises, whatever the bytes."""

from pydantic import ValidationError

from contracts.catalogue import Catalogue
from contracts.messages.stage import STAGE_EVENT, StageEvent
from services.tracker.domain.batch import (
    Arrival,
    Readable,
    Source,
    Unusable,
)
from services.tracker.domain.state import Event

LONGEST_DETAIL = 500


def arrival(where: Source, catalogue: Catalogue) -> Arrival:
    """Read one stage message."""
    try:
        body = STAGE_EVENT.validate_json(where.payload)
    except ValidationError as error:
        return Unusable(where, "unreadable", complaint(error))
    return Readable(where, body, event_of(body, catalogue))


def event_of(body: StageEvent, catalogue: Catalogue) -> Event | None:
    """Return the event as the domain sees it; None for a stage that its document type does not know."""
    if not catalogue.knows(body.document_type, body.stage):
        return None
    stage = catalogue.stages[body.stage]
    return Event(
        publisher=body.publisher,
        event_id=body.event_id,
        details=body.details,
        rank=stage.rank,
        detour=stage.detour,
        occurred_at=body.occurred_at,
        sequence=body.sequence,
        correction=body.correction,
        restart=body.restart,
        notify=body.notify,
    )


def complaint(error: ValidationError) -> str:
    """Return what is wrong, field by field, without the values."""
    faults = (
        f"{'.'.join(map(str, fault['loc'])) or 'message'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return "; ".join(faults)[:LONGEST_DETAIL]
