"""How deliveries end, and what the tracker is told of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from contracts.messages import delivery
from contracts.messages.delivery import UNREACHED, DeliveryEnd, DeliveryReport
from contracts.messages.ids import NoticeId
from contracts.streams import DELIVERY_SUBJECT
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from services.notifier.domain import deliveries
from services.notifier.recipients import conversations

SQL = sql.load("services.notifier.delivery", "ends.sql")


@dataclass(frozen=True)
class EndedDelivery:
    """A delivery that has ended: how, why, after how many attempts (from 0) and when.

    A `fallback` told a notice once more, whose end was another. `account` is the one at which it stood, None
    where the person is not on record; `trace` names the span under which it was taken in, where known.
    """

    id: UUID
    kind: Literal["notice", "answer", "appointment", "fallback"]
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


def report(ended: EndedDelivery, language: str | None = None) -> Row:
    """Return the message that tells the tracker of a notice's end; `language` is that of whom to call."""
    message = DeliveryReport(
        notice_id=NoticeId(ended.id),
        status=ended.end,
        reason=ended.reason,
        attempts=ended.attempts,
        language=language,
        at=ended.at,
    )
    identity = deliveries.report_id(ended.id, ended.end.value)
    return Row(identity, DELIVERY_SUBJECT, message.encoded(), ended.trace)


def failure(notice: UUID, attempts: int, at: datetime, language: str | None) -> Row:
    """Return the message that tells the tracker that an accepted notice reached nobody after all."""
    message = delivery.failure(NoticeId(notice), attempts, at, language)
    return Row(deliveries.report_id(notice, message.says.value), DELIVERY_SUBJECT, message.encoded())


async def failures(connection: Connection, doubtful: Iterable[UUID]) -> list[Row]:
    """Return what tells the tracker of accepted notices that reached nobody after all, of those in doubt."""
    notices = list(doubtful)
    rows = await connection.fetch(SQL["failed"], notices) if notices else []
    return [failure(row["id"], row["attempts"], row["at"], row["language"]) for row in rows]


async def replies_ended(connection: Connection, ended: Iterable[EndedDelivery]) -> list[Row]:
    """Return what tells the desk how its answers ended."""
    ends = {one.id: (one.end, one.at) for one in ended if one.kind == "answer"}
    return await conversations.reached(connection, ends) if ends else []


async def languages_of(connection: Connection, told: Iterable[EndedDelivery]) -> dict[UUID, str]:
    """Return the languages of those who may have to be called by phone, by the notice that did not arrive."""
    notices = [ended.id for ended in told if ended.end in UNREACHED]
    rows = await connection.fetch(SQL["languages"], notices) if notices else []
    return {row["id"]: row["language"] for row in rows}
