"""The queue: who waits, in which order, and who of the staff holds which conversation for how long."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from runtime.database import sql
from runtime.database.postgres import Connection, transaction
from services.desk.conversations.ground import Ground
from services.desk.conversations.views import About, Cursor, Done, Held, Lost, Taken, Waiting
from services.desk.domain.queueing import group_of, named
from services.desk.domain.viewers import Viewer

if TYPE_CHECKING:
    from asyncpg import Record

SQL = sql.load("services.desk.conversations", "queue.sql")
MOST_SHOWN = 200
_FIRST = Cursor(fits=True, urgent=True, since=datetime(1, 1, 1, tzinfo=UTC), conversation_id=UUID(int=0))
Audit: TypeAlias = Callable[[Connection, Viewer, str, UUID | None], Awaitable[None]]
"""Enters what somebody does in the transaction that does it."""


class Queue:
    """The queue in the database."""

    def __init__(self, ground: Ground, audit: Audit) -> None:
        self._pool = ground.pool
        self._lease = ground.terms.lease
        self._audit = audit

    async def present(self, viewer: Viewer) -> None:
        """Note that somebody is there."""
        languages = sorted(viewer.languages)
        await self._pool.execute(SQL["present"], viewer.staff_id, viewer.name, group_of(viewer), languages)

    async def left(self, viewer: Viewer) -> None:
        """Note that somebody goes, and let go of what they hold."""
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["left"], viewer.staff_id)
            await connection.execute(SQL["give_all_back"], viewer.staff_id)

    async def waiting(self, viewer: Viewer, limit: int, after: Cursor | None) -> Sequence[Waiting]:
        """Return who waits, from a place in the queue on."""
        limit = max(0, min(limit, MOST_SHOWN))
        found: list[Waiting] = []
        if after is None or after.fits:
            found += await self._waiting(viewer, after or _FIRST, limit, fits=True)
            after = None
        if len(found) < limit:
            found += await self._waiting(viewer, after or _FIRST, limit - len(found), fits=False)
        return found

    async def _waiting(self, viewer: Viewer, after: Cursor, limit: int, *, fits: bool) -> Sequence[Waiting]:
        rows = await self._pool.fetch(
            SQL["waiting"],
            sorted(viewer.languages),
            sorted(viewer.topics),
            fits,
            not after.urgent,
            after.since,
            after.conversation_id,
            limit,
        )
        return [
            Waiting(about_of(row), row["urgent"], row["asks_since"], row["due"], row["returned"], fits)
            for row in rows
        ]

    async def mine(self, viewer: Viewer) -> Sequence[Held]:
        """Return what somebody holds."""
        return [_held(row) for row in await self._pool.fetch(SQL["mine"], viewer.staff_id)]

    async def take(self, viewer: Viewer, conversation_id: UUID | None) -> Held | Taken | None:
        """Hold this one, or the first that fits; None where nothing does."""
        async with transaction(self._pool) as connection:
            who = viewer.staff_id, viewer.name, self._lease
            if conversation_id is None:
                skills = sorted(viewer.languages), sorted(viewer.topics)
                row = await connection.fetchrow(SQL["take_first"], *who, *skills)
            else:
                row = await connection.fetchrow(SQL["take"], *who, conversation_id)
            if row is not None:
                await self._audit(connection, viewer, "conversation taken", row["conversation_id"])
                return _held(row)
        if conversation_id is None:
            return None
        holder = await self._pool.fetchrow(SQL["holder"], conversation_id)
        return Taken(None if holder is None else holder["holder"])

    async def sign(self, viewer: Viewer, conversation_id: UUID) -> bool:
        """Give a sign of life; tell whether the lease goes on."""
        found = await self._pool.fetchval(SQL["sign"], conversation_id, viewer.staff_id, self._lease)
        return found is not None

    async def give_back(self, viewer: Viewer, conversation_id: UUID) -> Done | Lost:
        """Let go of a conversation."""
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL["give_back"], conversation_id, viewer.staff_id) is not None:
                await self._audit(connection, viewer, "conversation given back", conversation_id)
                return Done()
            return await lost(connection, conversation_id)


async def lost(connection: Connection, conversation_id: UUID) -> Lost:
    """Return who holds a conversation that somebody thought theirs."""
    row = await connection.fetchrow(SQL["holder"], conversation_id)
    return Lost(None, closed=True) if row is None else Lost(row["holder"], row["closed"])


def about_of(row: "Record") -> About:
    """Return what a row's conversation is about."""
    return About(
        row["conversation_id"],
        row["language"],
        row["channel"],
        named(row["topics"]),
        row["document"],
        row["stage"],
        row["office"],
        row["actionable"],
        row["overdue"],
        row["reason"],
        tuple(row.get("missing") or ()),
        row.get("expected_on"),
    )


def _held(row: "Record") -> Held:
    return Held(about_of(row), row["held_until"], row["asks_since"], row["due"])
