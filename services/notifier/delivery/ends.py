"""How deliveries end, and what the tracker is told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from contracts.messages import delivery
from contracts.messages.delivery import DeliveryEnd, DeliveryReport
from contracts.messages.ids import NoticeId
from contracts.streams import DELIVERY_SUBJECT
from runtime.database.outbox import Row
from services.notifier.domain import deliveries


@dataclass(frozen=True)
class EndedDelivery:
    """A delivery that has ended: how, why, after how many attempts (from 0) and when.

    A `fallback` told a notice once more, whose end was another. `account` is the one at which it stood, None
    where the person is not on record; `trace` names the span under which it was taken in, where known.
    """

    id: UUID
    kind: Literal["notice", "answer", "fallback"]
    end: DeliveryEnd
    reason: str | None
    attempts: int
    at: datetime
    account: str | None
    trace: str | None


def ended_of(row: asyncpg.Record) -> EndedDelivery:
    """Return the end that a row of the queue came to."""
    return EndedDelivery(
        row["id"],
        row["kind"] if row["follows"] is None else "fallback",
        DeliveryEnd(row["state"]),
        row["reason"],
        row["attempts"],
        row["ended_at"],
        row["channel"],
        row.get("trace"),
    )


def report(ended: EndedDelivery) -> Row:
    """Return the message that tells the tracker of a notice's end."""
    message = DeliveryReport(
        notice_id=NoticeId(ended.id),
        status=ended.end,
        reason=ended.reason,
        attempts=ended.attempts,
        at=ended.at,
    )
    identity = deliveries.report_id(ended.id, ended.end.value)
    return Row(identity, DELIVERY_SUBJECT, message.encoded(), ended.trace)


def failure(notice: UUID, attempts: int, at: datetime) -> Row:
    """Return the message that tells the tracker that an accepted notice reached nobody after all."""
    message = delivery.failure(NoticeId(notice), attempts, at)
    return Row(deliveries.report_id(notice, message.says.value), DELIVERY_SUBJECT, message.encoded())
