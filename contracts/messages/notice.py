"""What the tracker tells the notifier: somebody must be told something."""

from datetime import date
from enum import StrEnum
from typing import Literal, Self
from uuid import UUID, uuid5

from pydantic import AwareDatetime, TypeAdapter, model_validator

from contracts.messages.base import Code
from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.stage import StageFields

_NAMESPACE = UUID("6f1f3a56-2f63-4f0e-9f6e-3f7f2c1d8b10")


class NoticeKind(StrEnum):
    """Why people are told."""

    ADVANCE = "advance"
    UPDATE = "update"
    CORRECTION = "correction"
    RESTART = "restart"
    OVERDUE = "overdue"
    FOLLOWER = "follower"


class Notice(StageFields):
    """One thing to tell one recipient, subject `docwatch.notice.v1`.

    Carries ids and catalogue codes, no address and no personal data. `revision` rises with each change
    of the application, so of two notices of a subscription the higher revision is the newer. No event causes
    a notice of a new follower, of an overdue document or of where a document stands after its publisher has
    withdrawn something, so those name none; the first and the last of them may come without a stage.
    `expected_*` and `overdue` are as in `Followed`; `expected_before` is set where this very notice tells of
    another date.
    """

    version: Literal[1] = 1
    notice_id: NoticeId
    kind: NoticeKind
    revision: int
    publisher: Publisher | None = None
    event_id: EventId | None = None
    subscription_id: SubscriptionId
    recipient_id: RecipientId
    document_type: Code
    masked: str
    stage: Code | None = None
    occurred_at: AwareDatetime | None = None
    expected_from: Literal["publisher", "calendar"] | None = None
    expected_before: date | None = None
    overdue: bool = False
    accepted_at: AwareDatetime
    created_at: AwareDatetime

    @model_validator(mode="after")
    def _some_kinds_alone_need_no_stage(self) -> Self:
        without = self.kind is NoticeKind.FOLLOWER or (
            self.kind is NoticeKind.CORRECTION and self.event_id is None
        )
        if not without and (self.stage is None or self.occurred_at is None):
            raise ValueError("a notice of a stage needs its stage and occurred_at")
        return self


def notice_id(kind: NoticeKind, cause: str, subscription: SubscriptionId) -> NoticeId:
    """Return the identity of a notice: the same kind, cause and subscription always give the same id."""
    return NoticeId(uuid5(_NAMESPACE, f"{kind}\x1f{cause}\x1f{subscription}"))


NOTICE = TypeAdapter(Notice)
