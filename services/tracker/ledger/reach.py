"""What follows from ends: who was not told gets a number, and the publisher hears how many were.

The publisher hears it anew when a notice failed after it was accepted, or arrived after it had failed.
"""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import asyncpg

from contracts.messages.delivery import UNREACHED, DeliveryEnd
from contracts.messages.ids import NoticeId
from contracts.messages.reach import Reach
from contracts.streams import REACH_SUBJECT
from runtime.database import outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from services.tracker.domain.batch import Identity

SQL = sql.load("services.tracker.ledger", "reach.sql")
Traces = Mapping[NoticeId, str]
"""By notice the span under which its report is taken in."""
Changes = Mapping[Identity, Sequence["Changed"]]
"""By event those of its notices that failed or arrived after all."""
Languages = Mapping[NoticeId, str]
"""By notice the language of whom it was for, where the notifier told it."""
_NONE: Traces = {}
_UNTOLD: Languages = {}
_NOTHING: Changes = {}
_NAMESPACE = UUID("b7c9d0a1-53f0-4f0b-9a55-5b9f2b0a6d11")


@dataclass(frozen=True, slots=True)
class Ended:
    """A notice that has just ended; `cause` is None where no event caused it."""

    notice_id: NoticeId
    end: DeliveryEnd
    cause: Identity | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A notice that was accepted: it `failed` and had not before, or else it arrived after it had failed."""

    notice_id: NoticeId
    failed: bool
    cause: Identity | None


@dataclass(frozen=True, slots=True)
class _Concerned:
    """An event that was taken in, and how many people it concerned."""

    identity: Identity
    notices: int
    document_type: str
    office: str | None


async def close(
    connection: Connection,
    ended: Sequence[Ended],
    now: datetime,
    traces: Traces = _NONE,
    *,
    changed: Sequence[Changed] = (),
    languages: Languages = _UNTOLD,
) -> list[Row]:
    """Number who was not told, and say how many were of each event that is over; the last to lock."""
    if not ended and not changed:
        return []
    unreached = [notice.notice_id for notice in ended if notice.end in UNREACHED]
    unreached += [notice.notice_id for notice in changed if notice.failed]
    if unreached:
        await connection.execute(SQL["lock_numbers"])
        said = [languages.get(notice) for notice in unreached]
        await connection.execute(SQL["number_unreached"], unreached, said)
    causes = {notice.cause: traces.get(notice.notice_id) for notice in ended}
    rows = await reached(connection, causes, now, _by_event(changed, causes))
    await outbox.store(connection, rows)
    return rows


def identity_of(row: asyncpg.Record) -> Identity | None:
    """Return the event that caused a notice."""
    return None if row["event_id"] is None else Identity(row["publisher"], row["event_id"])


async def reached(
    connection: Connection,
    causes: Mapping[Identity | None, str | None],
    now: datetime,
    changes: Changes = _NOTHING,
) -> list[Row]:
    """Return a message for each of these events of which the last notice has ended.

    Name as causes only events of which this transaction has ended a notice: every notice ends once, so one
    transaction ends the last one, and sees that under the event's lock. With each goes the span of its end.
    `changes` are of other events: where they are over, there was a message before.
    """
    named = sorted({*(cause for cause in causes if cause is not None), *changes})
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
    failed: dict[Identity, int] = defaultdict(int)
    for row in await connection.fetch(SQL["ends_of"], *columns):
        identity = Identity(row["publisher"], row["event_id"])
        ends[identity][row["ended_as"]] = row["count"]
        failed[identity] += row["failed"]
    return [
        Row(
            _name(event.identity, changes.get(event.identity, ())),
            REACH_SUBJECT,
            _reach(event, ends[event.identity], failed[event.identity], now),
            causes.get(event.identity),
        )
        for event in events
        if None not in ends[event.identity]
    ]


def _by_event(changed: Sequence[Changed], told: Container[Identity | None]) -> Changes:
    """Return what changed by events, without those of which is told anyhow, or that no event caused."""
    found: dict[Identity, list[Changed]] = defaultdict(list)
    for notice in changed:
        if notice.cause is not None and notice.cause not in told:
            found[notice.cause].append(notice)
    return found


def _name(event: Identity, changed: Sequence[Changed]) -> UUID:
    """Return the identity of a message: the first about an event, or the one that these changes bring."""
    what = sorted(f"{notice.notice_id} {notice.failed}" for notice in changed)
    return uuid5(_NAMESPACE, "\x1f".join((*event, *what)))


def _reach(event: _Concerned, ends: Mapping[str | None, int], failed: int, now: datetime) -> bytes:
    """Return the message that says how many of the people whom an event concerned were reached."""
    message = Reach(
        publisher=event.identity.publisher,
        event_id=event.identity.event_id,
        document_type=event.document_type,
        office=event.office,
        notices=event.notices,
        ends={DeliveryEnd(end): count for end, count in ends.items() if end is not None},
        failed=failed,
        at=now,
    )
    return message.encoded()
