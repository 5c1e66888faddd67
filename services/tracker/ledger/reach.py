"""What follows from ends: who was not told gets a number, and the publisher hears how many were."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

import asyncpg

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import NoticeId
from contracts.messages.reach import Reach
from contracts.streams import REACH_SUBJECT
from runtime.database import outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from services.tracker.domain.batch import Identity

SQL = sql.load("services.tracker.ledger", "reach.sql")
UNREACHED: Final = frozenset({DeliveryEnd.UNDELIVERABLE, DeliveryEnd.EXPIRED, DeliveryEnd.UNKNOWN})
"""The ends that a publisher may want to make a call about."""
Traces = Mapping[NoticeId, str]
"""By notice the span under which its report is taken in."""
_NONE: Traces = {}
_NAMESPACE = UUID("b7c9d0a1-53f0-4f0b-9a55-5b9f2b0a6d11")


@dataclass(frozen=True, slots=True)
class Ended:
    """A notice that has just ended; `cause` is None where no event caused it."""

    notice_id: NoticeId
    end: DeliveryEnd
    cause: Identity | None


@dataclass(frozen=True, slots=True)
class _Concerned:
    """An event that was taken in, and how many people it concerned."""

    identity: Identity
    notices: int
    document_type: str
    office: str | None


async def close(
    connection: Connection, ended: Sequence[Ended], now: datetime, traces: Traces = _NONE
) -> list[Row]:
    """Number who was not told, and say of which events the last notice has ended; the last to lock."""
    if not ended:
        return []
    if any(notice.end in UNREACHED for notice in ended):
        await connection.execute(SQL["lock_numbers"])
        await connection.execute(SQL["number_unreached"], [notice.notice_id for notice in ended])
    causes = {notice.cause: traces.get(notice.notice_id) for notice in ended}
    rows = await reached(connection, causes, now)
    await outbox.store(connection, rows)
    return rows


def identity_of(row: asyncpg.Record) -> Identity | None:
    """Return the event that caused a notice."""
    return None if row["event_id"] is None else Identity(row["publisher"], row["event_id"])


async def reached(
    connection: Connection, causes: Mapping[Identity | None, str | None], now: datetime
) -> list[Row]:
    """Return a message for each of these events of which the last notice has ended.

    Name only events of which this transaction has ended a notice: every notice ends once, so one transaction
    ends the last one, and sees that under the event's lock. With each goes the span that ended it.
    """
    named = sorted(cause for cause in causes if cause is not None)
    if not named:
        return []
    columns = sql.columns(named, 2)
    events = [
        _Concerned(
            Identity(row["publisher"], row["event_id"]), row["notices"], row["document_type"], row["office"]
        )
        for row in await connection.fetch(SQL["lock_events"], *columns)
    ]
    ends: dict[Identity, dict[str | None, int]] = defaultdict(dict)
    for row in await connection.fetch(SQL["ends_of"], *columns):
        ends[Identity(row["publisher"], row["event_id"])][row["ended_as"]] = row["count"]
    return [
        _reach(event, ends[event.identity], now, causes[event.identity])
        for event in events
        if None not in ends[event.identity]
    ]


def _reach(event: _Concerned, ends: Mapping[str | None, int], now: datetime, trace: str | None) -> Row:
    """Return the message that says how many of the people whom an event concerned were reached."""
    message = Reach(
        publisher=event.identity.publisher,
        event_id=event.identity.event_id,
        document_type=event.document_type,
        office=event.office,
        notices=event.notices,
        ends={DeliveryEnd(end): count for end, count in ends.items() if end is not None},
        at=now,
    )
    name = uuid5(_NAMESPACE, "\x1f".join(event.identity))
    return Row(name, REACH_SUBJECT, message.encoded(), trace)
