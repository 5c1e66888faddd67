"""What the notifier tells the tracker: how a notice ended, and receipts upon accepted.

A version before this one knows no failed receipt: on the wire it is the end accepted again, with `failed`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter

from contracts.messages.base import Message
from contracts.messages.ids import NoticeId


class DeliveryEnd(StrEnum):
    """The ends of a notice; each notice gets exactly one."""

    ACCEPTED = "accepted"
    UNDELIVERABLE = "undeliverable"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


UNREACHED: Final = frozenset({DeliveryEnd.UNDELIVERABLE, DeliveryEnd.EXPIRED, DeliveryEnd.UNKNOWN})
"""The ends after which the agency may want to call somebody by phone."""


class Receipt(StrEnum):
    """What a messenger may tell after it accepted a message; `failed`: it reached nobody, at no address."""

    DELIVERED = "delivered"
    SEEN = "seen"
    FAILED = "failed"


SaidReceipt = Literal[Receipt.DELIVERED, Receipt.SEEN]
"""A receipt as it goes on the wire."""


class DeliveryReport(Message):
    """The end of a notice or a receipt upon it, subject `docwatch.delivery.v1`; `says` reads which.

    `language` is the person's, told where they may have to be called by phone.
    """

    version: Literal[1] = 1
    notice_id: NoticeId
    status: DeliveryEnd | SaidReceipt
    failed: bool = False
    reason: str | None = None
    attempts: int = 0
    language: str | None = None
    at: AwareDatetime

    @property
    def says(self) -> DeliveryEnd | Receipt:
        """Return the end or the receipt that is meant."""
        return Receipt.FAILED if self.failed else self.status


def failure(notice: NoticeId, attempts: int, at: datetime, language: str | None = None) -> DeliveryReport:
    """Return the report that an accepted notice reached nobody after all."""
    return DeliveryReport(
        notice_id=notice,
        status=DeliveryEnd.ACCEPTED,
        failed=True,
        attempts=attempts,
        language=language,
        at=at,
    )


DELIVERY_REPORT = TypeAdapter(DeliveryReport)
