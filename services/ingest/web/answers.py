"""The shapes of ingest's answers, as they go out and as the OpenAPI description shows them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.ingest.domain.faults import Fault
from services.ingest.events.accept import Total
from services.ingest.keys.api_keys import ApiKey
from services.ingest.receipts.issue import NoReceipt, Receipt
from services.ingest.web.problem_kinds import BY_STATUS

Index = Annotated[int, Field(description="the item's place in the request, from 0")]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class ErrorShape(_Shape):
    """Where (JSON pointer) and what; never the value."""

    pointer: str
    detail: str


class ProblemShape(_Shape):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorShape] = []


class WarningShape(_Shape):
    """Something odd about an accepted event."""

    index: Index
    id: str
    pointer: str
    detail: str


class RejectedShape(_Shape):
    """An item that was not accepted."""

    index: Index
    id: str | None
    errors: list[ErrorShape]


class LeftOut(_Shape):
    """How many warnings and rejected items a request had beyond those listed, and errors of those listed."""

    warnings: int
    rejected: int
    errors: int = 0


class EventsAnswer(_Shape):
    """Each item is accepted, a duplicate (of one accepted within some minutes) or rejected.

    The lists hold the first 2000 entries each, an entry up to 20 errors; beyond 200 errors altogether an
    entry has its first one. `left_out` is there only where there was more.
    """

    accepted: int
    duplicates: int
    warnings: list[WarningShape]
    rejected: list[RejectedShape]
    left_out: LeftOut | None = None


class ReceiptAnswer(_Shape):
    """What to print; `created` is False where the receipt was issued before."""

    receipt_id: str
    token: str
    code: str
    links: dict[str, str]
    masked: str
    created: bool


class RejectedReceipt(_Shape):
    """A receipt that was not issued; `status` and `type` are what a single request would have got."""

    index: Index
    receipt_id: str | None
    status: int
    type: str
    errors: list[ErrorShape]


class ReceiptsAnswer(_Shape):
    """The answer to a list: the receipts issued, in order, and those that were not."""

    receipts: list[ReceiptAnswer]
    rejected: list[RejectedReceipt]


class KeyAnswer(_Shape):
    """Whom a key stands for; `source` of every event must be this publisher.

    `documents` and `offices`: what the key is limited to; null is no limit.
    """

    publisher: str
    name: str
    scopes: list[str]
    documents: list[str] | None
    offices: list[str] | None
    expires_at: datetime | None


def events_answer(answer: Total) -> EventsAnswer:
    """Return the answer to a request with events."""
    return EventsAnswer(
        accepted=answer.accepted,
        duplicates=answer.duplicates,
        warnings=[
            WarningShape(index=one.index, id=one.id, pointer=one.fault.pointer, detail=one.fault.detail)
            for one in answer.warnings
        ],
        rejected=[
            RejectedShape(index=one.index, id=one.id, errors=errors(one.faults)) for one in answer.rejected
        ],
        left_out=LeftOut(
            warnings=answer.warnings_left_out,
            rejected=answer.rejected_left_out,
            errors=answer.faults_left_out,
        )
        if answer.warnings_left_out or answer.rejected_left_out or answer.faults_left_out
        else None,
    )


def receipt_answer(receipt: Receipt) -> ReceiptAnswer:
    """Return one issued receipt."""
    return ReceiptAnswer(
        receipt_id=receipt.receipt_id,
        token=receipt.token,
        code=receipt.code,
        links=receipt.links,
        masked=receipt.masked,
        created=receipt.created,
    )


def rejected_receipt(index: int, refused: NoReceipt) -> RejectedReceipt:
    """Return why a receipt of a list was not issued."""
    return RejectedReceipt(
        index=index,
        receipt_id=refused.receipt_id,
        status=refused.status,
        type=(refused.kind or BY_STATUS[refused.status]).type,
        errors=errors(refused.faults),
    )


def key_answer(key: ApiKey) -> KeyAnswer:
    """Return what a key's holder may know of it."""
    documents, offices = key.limits.documents, key.limits.offices
    return KeyAnswer(
        publisher=key.publisher,
        name=key.name,
        scopes=sorted(key.scopes),
        documents=None if documents is None else sorted(documents),
        offices=None if offices is None else sorted(offices),
        expires_at=key.expires_at,
    )


def errors(faults: tuple[Fault, ...]) -> list[ErrorShape]:
    """Return faults as they are shown."""
    return [ErrorShape(pointer=one.pointer, detail=one.detail) for one in faults]
