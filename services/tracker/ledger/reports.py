"""What the DELIVERIES stream brings, read from its bytes; nothing here raises, whatever the bytes."""

from dataclasses import dataclass

from pydantic import ValidationError

from contracts.messages.delivery import DELIVERY_REPORT, DeliveryReport
from contracts.messages.forget import FORGET, Forget
from contracts.streams import DELIVERY_SUBJECT, FORGET_SUBJECT
from services.tracker.domain.batch import Source
from services.tracker.intake.decoding import complaint


@dataclass(frozen=True, slots=True)
class Report:
    """One report and the message it came by."""

    source: Source
    body: DeliveryReport


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """One recipient's wish to be forgotten and the message it came by."""

    source: Source
    body: Forget


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that says nothing we can use, on which subject, and why."""

    source: Source
    subject: str
    reason: str
    detail: str


Item = Report | ForgetRequest | Unreadable


def report(where: Source, subject: str = DELIVERY_SUBJECT) -> Item:
    """Read one delivery report, or a wish to be forgotten, as the subject says."""
    try:
        if subject == FORGET_SUBJECT:
            return ForgetRequest(where, FORGET.validate_json(where.payload))
        return Report(where, DELIVERY_REPORT.validate_json(where.payload))
    except ValidationError as error:
        return Unreadable(where, subject, "unreadable", complaint(error))
