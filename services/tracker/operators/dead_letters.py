"""Messages without effect that an operator may look at: dead, parked, conflicting and refused ones.

A replay is a new message of its stream under a fresh id, so neither the stream nor the tracker takes it for
the old one. It goes out through the outbox, in the transaction that settles the old one: the books count each
accepted event once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
from pydantic import TypeAdapter, ValidationError

from contracts.messages.base import Message
from contracts.messages.forget import FORGET
from contracts.messages.ids import NoticeId
from contracts.messages.notice import NOTICE
from contracts.messages.outcome import Effect
from contracts.messages.withdrawal import WITHDRAWAL
from contracts.streams import (
    CALL_SUBJECT,
    CALLS,
    DELIVERIES,
    DELIVERY_SUBJECT,
    FORGET_SUBJECT,
    NOTICE_SUBJECT,
    NOTICES,
    STAGE_SUBJECT,
    STAGES,
    WITHDRAWAL_SUBJECT,
)
from runtime.clock import Clock
from runtime.database import audit, outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection, Pool, transaction
from services.tracker.ledger import ends

SQL = sql.load("services.tracker.operators", "dead_letters.sql")
M = TypeVar("M", bound=Message)
_SUBJECTS: Mapping[str, tuple[str, str, TypeAdapter[Any] | None]] = {
    STAGES.name: (STAGE_SUBJECT, STAGE_SUBJECT, None),
    DELIVERIES.name: (DELIVERY_SUBJECT, FORGET_SUBJECT, FORGET),
    CALLS.name: (CALL_SUBJECT, CALL_SUBJECT, None),
    NOTICES.name: (NOTICE_SUBJECT, WITHDRAWAL_SUBJECT, WITHDRAWAL),
}
"""The subject of a stream's messages, and that of those which another form can read."""


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A message about which nothing was done yet."""

    id: UUID
    stream: str
    sequence: int
    effect: Effect
    publisher: str | None
    event_id: str | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """The same with its payload, and what was done about it; a dropped message has no payload any more."""

    message: OpenLetter
    payload: bytes | None
    settled_by: str | None


class DeadLetters:
    """What operators do about messages set aside; each change is entered into the audit."""

    def __init__(self, pool: Pool, clock: Clock, actor: str) -> None:
        self._pool = pool
        self._clock = clock
        self._actor = actor

    async def open(self, effect: Effect | None, limit: int) -> list[OpenLetter]:
        """List messages of one kind, or of all, oldest first."""
        return [_open(row) for row in await self._pool.fetch(SQL["open_asides"], effect, limit)]

    async def show(self, message: UUID) -> ShownLetter | None:
        """Return one message with its payload, which names no person; the look is entered into the audit."""
        row = await self._pool.fetchrow(SQL["one_aside"], message)
        if row is None:
            return None
        await audit.note(self._pool, self._actor, "dead show", str(message))
        return ShownLetter(_open(row), row["payload"], row["settled_by"])

    async def replay(self, messages: Sequence[UUID]) -> list[UUID]:
        """Send messages again, by the tracker within seconds; return those that were still open."""
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["settle"], list(messages), self._clock.now(), "replayed")
            again = [Row(uuid4(), subject_of(row["stream"], row["payload"]), row["payload"]) for row in rows]
            await outbox.store(connection, again)
            await self._note(connection, "dead replay", rows)
        return [row["id"] for row in rows]

    async def drop(self, messages: Sequence[UUID]) -> list[UUID]:
        """Give messages up: they stay in the books, their payload goes; return those that were still open.

        A notice that is given up ends as undeliverable.
        """
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL["settle"], list(messages), self._clock.now(), "dropped")
            named = (notice_in(row["stream"], row["payload"]) for row in rows)
            notices = [notice for notice in named if notice is not None]
            await ends.give_up(connection, notices, self._clock.now())
            await self._note(connection, "dead drop", rows)
        return [row["id"] for row in rows]

    async def _note(self, connection: Connection, action: str, rows: Sequence[asyncpg.Record]) -> None:
        if rows:
            detail = json.dumps([str(row["id"]) for row in rows])
            await audit.note(connection, self._actor, action, detail)


def subject_of(stream: str, payload: bytes) -> str:
    """Return the subject on which a message goes into its stream."""
    usual, other, form = _SUBJECTS[stream]
    return other if form is not None and _reads(form, payload) is not None else usual


def notice_in(stream: str, payload: bytes) -> NoticeId | None:
    """Return which notice a message is, None where it is none."""
    notice = _reads(NOTICE, payload) if stream == NOTICES.name else None
    return None if notice is None else notice.notice_id


def _reads(form: TypeAdapter[M], payload: bytes) -> M | None:
    try:
        return form.validate_json(payload)
    except ValidationError:
        return None


def _open(row: asyncpg.Record) -> OpenLetter:
    return OpenLetter(
        id=row["id"],
        stream=row["stream"],
        sequence=row["stream_sequence"],
        effect=Effect(row["effect"]),
        publisher=row["publisher"],
        event_id=row["event_id"],
        reason=row["reason"],
        at=row["at"],
    )
