"""The list of calls: who is to be called by phone, and how calls went, which back offices are told.

The list is a question to the ledger, never a table of its own: whoever was told after all, or has nothing to
hear any more, is not on it at the next look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import asyncpg

from contracts.catalogue import Catalogue
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.desk.calls import (
    CallAsked,
    Called,
    CallEntry,
    CallMade,
    CallOver,
    CallsAnswer,
    CallsOverAnswer,
    CallsOverQuery,
    CallsQuery,
)
from contracts.messages.outcome import Effect
from contracts.streams import CALL_SUBJECT, CALLED_SUBJECT, DEAD_CALLS_SUBJECT
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Connection, Pool, retrying, transaction
from services.tracker.domain.batch import Aside, Source
from services.tracker.domain.calls import Standing, settled
from services.tracker.ledger.reports import Unreadable
from services.tracker.store.set_aside import dead_letter, put_aside

SQL = sql.load("services.tracker.ledger", "calls.sql")
_NAMESPACE = UUID("3c1f7d52-0a6e-4b7c-9d7e-51f0c8a4e6b3")
_ENTRY: Final = tuple(CallEntry.model_fields.keys() - {"end"})
_KEY: Final = ("call_id", "publisher", "event_id")
_ABOUT: Final = ("publisher", "event_id", "receipt_id", "document_type", "stage", "office")


class CallList:
    """The questions of the desk."""

    def __init__(self, pool: Pool, clock: Clock, catalogue: Catalogue) -> None:
        self._pool = pool
        self._clock = clock
        self._final = frozenset(code for code, stage in catalogue.stages.items() if stage.terminal)

    async def listed(self, query: CallsQuery) -> CallsAnswer:
        """List people to call, from a cursor on."""
        which = (query.after, query.since, query.limit)
        rows = await retrying(lambda: self._pool.fetch(SQL["to_call"], *which), self._clock)
        page = [row for row in rows if row["number"] is not None]
        last = max((row["last"] or 0 for row in rows), default=0)
        more = len(page) == query.limit
        after = page[-1]["number"] if more else last
        return CallsAnswer(rows=tuple(map(_entry, page)), after=after, more=more)

    async def over(self, query: CallsOverQuery) -> CallsOverAnswer:
        """Say which calls nobody has to make any more."""
        asked = _keys(query.calls)
        rows = await retrying(lambda: self._pool.fetch(SQL["standing"], *asked), self._clock)
        found = ((row, settled(_standing(row), self._final)) for row in rows)
        over = (CallOver(**{name: row[name] for name in _KEY}, why=why) for row, why in found if why)
        return CallsOverAnswer(over=tuple(over))


@dataclass(frozen=True, slots=True)
class Made:
    """One call that was made, and the message that tells it."""

    source: Source
    body: CallMade


Item = Made | Unreadable


@dataclass(frozen=True, slots=True)
class Entered:
    """What a batch came to: calls that are new, calls about nothing that is known, dead letters."""

    made: Sequence[CallMade]
    unknown: int
    buried: int


class CallsMade:
    """The use case of the CALLS stream."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock

    async def enter(self, batch: Sequence[Item]) -> Entered:
        """Take calls in, end what is over, tell the publishers; doing so again changes nothing."""
        entered, rows = await retrying(lambda: self._transaction(batch), self._clock)
        self._outbox.committed(rows)
        return entered

    async def _transaction(self, batch: Sequence[Item]) -> tuple[Entered, list[Row]]:
        told = {item.body.made_id: item for item in batch if isinstance(item, Made)}
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            buried = await _bury(connection, [one for one in batch if isinstance(one, Unreadable)], now)
            new = await connection.fetch(SQL["note_made"], sorted(told), now) if told else []
            made = [told[row["made_id"]] for row in new]
            await _end(connection, [one.body for one in made if one.body.over], now)
            outcomes = await _outcomes(connection, made)
            rows = [*buried, *outcomes]
            await self._outbox.insert(connection, rows)
        unknown = len(made) - len(outcomes)
        return Entered([one.body for one in made], unknown, len(buried)), rows


async def _end(connection: Connection, over: Sequence[CallMade], now: datetime) -> None:
    """Let nobody be called any more about what these calls were about, or about anything before it."""
    if over:
        rows = await connection.fetch(SQL["lock_called"], *_keys(over))
        held = [row["notice_id"] for row in rows]
        await connection.execute(SQL["end_calls"], held, now)


async def _outcomes(connection: Connection, made: Sequence[Made]) -> list[Row]:
    """Return what publishers are told of calls about their events."""
    if not made:
        return []
    rows = await connection.fetch(SQL["called_about"], *_keys([one.body for one in made]))
    about = {_key(row): {name: row[name] for name in _ABOUT} for row in rows}
    return [_outcome(one, about[key]) for one in made if (key := _key(one.body.model_dump())) in about]


def _outcome(made: Made, about: Mapping[str, str | None]) -> Row:
    body = made.body
    said = body.model_dump(include={"result", "wants", "again_at", "tries", "over", "at"})
    message = Called.model_validate({**about, **said})
    return Row(uuid5(_NAMESPACE, str(body.made_id)), CALLED_SUBJECT, message.encoded(), made.source.trace)


async def _bury(connection: Connection, unreadable: Sequence[Unreadable], now: datetime) -> list[Row]:
    aside = [Aside(item.source, Effect.DEAD, item.reason, None, item.detail) for item in unreadable]
    fresh = await put_aside(connection, aside, now)
    return [
        dead_letter(dead, subject=DEAD_CALLS_SUBJECT, received_on=CALL_SUBJECT, now=now)
        for dead in aside
        if dead.source.id in fresh
    ]


def _keys(calls: Sequence[CallAsked | CallMade]) -> tuple[list[UUID], list[str], list[str]]:
    """Return the columns by which statements find calls."""
    keys = [_key(one.model_dump()) for one in calls]
    return [who for who, _, _ in keys], [publisher for _, publisher, _ in keys], [event for *_, event in keys]


def _key(row: Mapping[str, Any] | asyncpg.Record) -> tuple[UUID, str, str]:
    """Return what a call is known by: these names outlive a restore, which numbers do not."""
    return row["call_id"], row["publisher"], row["event_id"]


def _entry(row: asyncpg.Record) -> CallEntry:
    return CallEntry(end=DeliveryEnd(row["ended_as"]), **{name: row[name] for name in _ENTRY})


def _standing(row: asyncpg.Record) -> Standing:
    return Standing(**{field.name: row[field.name] for field in fields(Standing)})
