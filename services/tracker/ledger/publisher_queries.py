"""What a publisher may ask about its own events: what one did, and who was not told of it."""

import asyncpg
from pydantic import ValidationError

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import EventId
from contracts.messages.outcome import Effect, said
from contracts.messages.rpc import (
    EndCount,
    EventAnswer,
    EventQuery,
    Refused,
    Unreached,
    UnreachedAnswer,
    UnreachedQuery,
)
from contracts.messages.stage import STAGE_EVENT
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool, retrying, transaction
from services.tracker.store.set_aside import storable

SQL = sql.load("services.tracker.ledger", "publisher_queries.sql")
UNKNOWN = Refused(reason="invalid")
"""The answer about an event that never came."""


class PublisherQueries:
    """The calls that only read; nothing in an answer tells who follows."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def event(self, query: EventQuery) -> EventAnswer | Refused:
        """Say what an event did and how its notices ended so far."""
        if storable(query.publisher) is None or storable(query.event_id) is None:
            return UNKNOWN
        return await retrying(lambda: self._event(query), self._clock)

    async def _event(self, query: EventQuery) -> EventAnswer | Refused:
        identity = (query.publisher, query.event_id)
        async with transaction(self._pool) as connection:
            taken = await connection.fetchrow(SQL["taken_event"], *identity)
            if taken is not None:
                return _answer(taken, await connection.fetch(SQL["ends_of_event"], *identity))
            aside = await connection.fetchrow(SQL["event_set_aside"], *identity)
        if aside is None:
            return UNKNOWN
        effect, problem = said(Effect(aside["effect"]))
        return EventAnswer(
            effect=effect,
            problem=problem,
            document_type=aside["document_type"],
            stage=aside["stage"],
            office=_office(aside["payload"]),
            reason=aside["reason"],
            at=aside["at"],
        )

    async def unreached(self, query: UnreachedQuery) -> UnreachedAnswer:
        """List who was not told of a publisher's events, from a cursor on."""
        only = (query.office, query.stage, query.documents, query.offices)
        which = (query.publisher, query.after, query.limit, *only)
        rows = await retrying(lambda: self._pool.fetch(SQL["unreached"], *which), self._clock)
        page = tuple(map(_unreached, rows))
        return UnreachedAnswer(rows=page, after=page[-1].cursor if page else query.after)


def _answer(taken: asyncpg.Record, rows: list[asyncpg.Record]) -> EventAnswer:
    """Count the pending from the rows that were read, so that a page of ends always adds up."""
    ends = tuple(
        EndCount(end=DeliveryEnd(row["ended_as"]), reason=row["reason"], notices=row["notices"])
        for row in rows
        if row["ended_as"] is not None
    )
    effect, problem = said(Effect(taken["effect"]))
    return EventAnswer(
        effect=effect,
        problem=problem,
        document_type=taken["document_type"],
        stage=taken["stage"],
        office=taken["office"],
        notices=taken["notices"],
        pending=sum(row["notices"] for row in rows if row["ended_as"] is None),
        ends=ends,
        at=taken["at"],
    )


def _office(payload: bytes | None) -> str | None:
    """Return which office a message set aside names; None also where it cannot be read or is dropped."""
    try:
        return STAGE_EVENT.validate_json(payload or b"").office
    except ValidationError:
        return None


def _unreached(row: asyncpg.Record) -> Unreached:
    return Unreached(
        cursor=row["unreached"],
        event_id=EventId(row["event_id"]),
        receipt_id=row["receipt_id"],
        document_type=row["document_type"],
        stage=row["stage"],
        office=row["office"],
        end=DeliveryEnd(row["ended_as"]),
        reason=row["reason"],
        at=row["at"],
    )
