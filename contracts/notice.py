"""What the tracker tells the notifier: somebody must be told something."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, TypeAdapter

from contracts.ids import EventId, NoticeId, Publisher, RecipientId, SubscriptionId
from contracts.message import Code, Message

_NAMESPACE = UUID("6f1f3a56-2f63-4f0e-9f6e-3f7f2c1d8b10")


class NoticeKind(StrEnum):
    """Why people are told."""

    ADVANCE = "advance"
    UPDATE = "update"
    CORRECTION = "correction"
    RESTART = "restart"
    OVERDUE = "overdue"
    FOLLOWER = "follower"


class Notice(Message):
    """One thing to tell one recipient, subject `docwatch.notice.v1`.

    Carries ids and catalogue codes, no address and no personal data. `revision` rises with each change
    of the application, so of two notices of a subscription the higher revision is the newer.
    """

    version: Literal[1] = 1
    notice_id: NoticeId
    kind: NoticeKind
    revision: int
    publisher: Publisher
    event_id: EventId
    subscription_id: SubscriptionId
    recipient_id: RecipientId
    document_type: Code
    masked: str
    stage: Code
    office: Code | None = None
    occurred_at: AwareDatetime
    expected_at: date | None = None
    missing: tuple[Code, ...] = ()
    note: Code | None = None
    accepted_at: AwareDatetime
    created_at: AwareDatetime


def notice_id(kind: NoticeKind, cause: str, subscription: SubscriptionId) -> NoticeId:
    """Return the identity of a notice: the same kind, cause and subscription always give the same id."""
    return NoticeId(uuid5(_NAMESPACE, f"{kind}\x1f{cause}\x1f{subscription}"))


NOTICE = TypeAdapter(Notice)
