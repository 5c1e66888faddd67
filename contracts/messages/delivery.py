"""What the notifier tells the tracker: how a notice ended, and receipts upon accepted."""

from enum import StrEnum
from typing import Literal

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


class Receipt(StrEnum):
    """What a messenger may tell after it accepted a message; `failed`: it reached nobody, at no address."""

    DELIVERED = "delivered"
    SEEN = "seen"
    FAILED = "failed"


class DeliveryReport(Message):
    """The end of a notice or a receipt upon it, subject `docwatch.delivery.v1`."""

    version: Literal[1] = 1
    notice_id: NoticeId
    status: DeliveryEnd | Receipt
    reason: str | None = None
    attempts: int = 0
    at: AwareDatetime


DELIVERY_REPORT = TypeAdapter(DeliveryReport)
