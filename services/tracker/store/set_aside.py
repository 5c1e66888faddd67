"""Messages that take no effect: accounted for, each once, and reported where nobody can process them."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.messages.dead import DeadLetter
from contracts.messages.outcome import Effect
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection, wait_for_standby
from services.tracker.domain.batch import Aside, Source

SQL = sql.load("services.tracker.store", "set_aside.sql")
LONGEST_NAME = 512
LONGEST_LETTER = 256 * 1024


async def dealt_with(connection: Connection, sources: Iterable[Source]) -> set[UUID]:
    """Return the ids of messages that were set aside before."""
    rows = await connection.fetch(SQL["dealt_with"], [source.id for source in sources])
    if rows:
        await wait_for_standby(connection)
    return {row["id"] for row in rows}


async def put_aside(connection: Connection, aside: Sequence[Aside], now: datetime) -> set[UUID]:
    """Account for messages without effect; return the ids of those that were not accounted for before."""
    if not aside:
        return set()
    columns = sql.columns_of([_row(message) for message in aside], COLUMNS)
    rows = await connection.fetch(SQL["put_aside"], *columns, now)
    if len(rows) < len(aside):
        await wait_for_standby(connection)
    return {row["id"] for row in rows}


@dataclass(frozen=True, slots=True)
class _Row:
    """A message that was set aside; what it says stands there as far as a column can hold it."""

    id: UUID
    stream: str
    stream_sequence: int
    effect: Effect
    publisher: str | None
    event_id: str | None
    document_type: str | None
    stage: str | None
    reason: str
    payload: bytes | None


COLUMNS: Final = tuple(_Row.__dataclass_fields__)
"""The columns that `put_aside` takes, in its order."""


def _row(aside: Aside) -> _Row:
    source, body = aside.source, aside.body
    return _Row(
        id=source.id,
        stream=source.stream,
        stream_sequence=source.sequence,
        effect=aside.effect,
        publisher=None if body is None else storable(body.publisher),
        event_id=None if body is None else storable(body.event_id),
        document_type=None if body is None else body.document_type,
        stage=None if body is None else body.stage,
        reason=aside.reason,
        payload=None if aside.effect is Effect.DUPLICATE else source.payload,
    )


def storable(text: str) -> str | None:
    """Return a name that a text column can hold and an index can hold too, else None."""
    return None if "\x00" in text or len(text) > LONGEST_NAME else text


def dead_letter(aside: Aside, *, subject: str, received_on: str, now: datetime) -> Row:
    """Return the letter about a message that cannot be processed; a huge payload is cut in it."""
    source = aside.source
    cut = len(source.payload) > LONGEST_LETTER
    message = DeadLetter(
        stream=source.stream,
        stream_sequence=source.sequence,
        subject=received_on,
        reason=aside.reason,
        detail=f"{aside.detail} (payload cut)" if cut else aside.detail,
        payload=base64.b64encode(source.payload[:LONGEST_LETTER]),
        at=now,
    )
    return Row(source.id, subject, message.encoded(), source.trace)
