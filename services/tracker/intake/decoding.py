"""From a stream's bytes to what the use cases decide on; nothing here raises, whatever the bytes."""

from pydantic import ValidationError

from contracts.catalogue import Catalogue
from contracts.messages.delivery import DELIVERY_REPORT
from contracts.messages.forget import FORGET
from contracts.messages.stage import STAGE_EVENT, StageEvent
from contracts.streams import DELIVERY_SUBJECT, FORGET_SUBJECT
from services.tracker.domain.batch import (
    Arrival,
    Readable,
    Source,
    Unusable,
)
from services.tracker.domain.state import Event
from services.tracker.ledger.ends import (
    Farewell,
    Item,
    Report,
    Unreadable,
)

LONGEST_DETAIL = 500


def arrival(where: Source, catalogue: Catalogue) -> Arrival:
    """Read one stage message."""
    try:
        body = STAGE_EVENT.validate_json(where.payload)
    except ValidationError as error:
        return Unusable(where, "unreadable", complaint(error))
    return Readable(where, body, event_of(body, catalogue))


def report(where: Source, subject: str = DELIVERY_SUBJECT) -> Item:
    """Read one delivery report, or a wish to be forgotten, as the subject says."""
    try:
        if subject == FORGET_SUBJECT:
            return Farewell(where, FORGET.validate_json(where.payload))
        return Report(where, DELIVERY_REPORT.validate_json(where.payload))
    except ValidationError as error:
        return Unreadable(where, subject, "unreadable", complaint(error))


def event_of(body: StageEvent, catalogue: Catalogue) -> Event | None:
    """Return the event as the domain sees it; None for a stage that its document type does not know."""
    if not catalogue.knows(body.document_type, body.stage):
        return None
    stage = catalogue.stages[body.stage]
    return Event(
        publisher=body.publisher,
        event_id=body.event_id,
        document_type=body.document_type,
        stage=body.stage,
        rank=stage.rank,
        detour=stage.detour,
        occurred_at=body.occurred_at,
        office=body.office,
        sequence=body.sequence,
        expected_at=body.expected_at,
        missing=tuple(sorted(set(body.missing))),
        note=body.note,
        correction=body.correction,
        restart=body.restart,
        notify=body.notify,
    )


def complaint(error: ValidationError) -> str:
    """Return what is wrong, field by field, without the values."""
    found = (
        f"{'.'.join(map(str, one['loc'])) or 'message'}: {one['msg']}"
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return "; ".join(found)[:LONGEST_DETAIL]
