"""Changes of the base that wait: suggested by who answers people, or for a second pair of eyes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from asyncpg import Record

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import AnyConnection, Pool, transaction
from services.desk.domain.viewers import Viewer
from services.desk.staff.audit import audit

SQL = sql.load("services.desk.editor", "proposals.sql")
MOST_OPEN = 500
LISTED = 100
BATCH = 1000
KEPT = timedelta(days=90)
Deed = Literal["suggest", "write", "withdraw", "undo"]
End = Literal["released", "refused"]


class EndedMeanwhileError(Exception):
    """Somebody else decided about the change already."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that waits: the form as it was written, and by whom; `four_eyes`: another must release it."""

    id: UUID
    answer: str
    deed: Deed
    fields: Mapping[str, str]
    four_eyes: bool
    made_at: datetime
    made_by: UUID
    made_by_name: str

    def may_release(self, viewer: Viewer) -> bool:
        """Tell whether somebody may release it."""
        return not self.four_eyes or viewer.staff_id != self.made_by


class Proposals:
    """The changes in the database."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def open(self) -> Sequence[Waiting]:
        """Return what waits, the oldest first."""
        return [_waiting(row) for row in await self._pool.fetch(SQL["open"], LISTED)]

    async def one(self, proposal_id: UUID) -> Waiting | None:
        """Return a change that waits; None where it was decided on, or never was."""
        row = await self._pool.fetchrow(SQL["one"], proposal_id)
        return None if row is None else _waiting(row)

    async def make(
        self,
        viewer: Viewer,
        proposal_id: UUID,
        deed: Deed,
        fields: Mapping[str, str],
        *,
        four_eyes: bool,
        instead_of: UUID | None = None,
    ) -> bool:
        """Have a change wait, once under one id; False where too many wait already.

        `instead_of` is the suggestion that it came of, which is done with.
        """
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL["number"]) >= MOST_OPEN:
                return False
            row = (proposal_id, fields.get("id", ""), deed, json.dumps(dict(fields)), four_eyes)
            await connection.execute(SQL["make"], *row, self._clock.now(), viewer.staff_id, viewer.name)
            await audit(connection, viewer, "answer proposed", proposal_id)
            if instead_of is not None:
                await self._end(connection, viewer, instead_of, "released")
        return True

    async def refuse(self, viewer: Viewer, proposal_id: UUID) -> None:
        """Decide against a change; one that is decided on already stays so."""
        async with transaction(self._pool) as connection:
            await connection.fetchval(SQL["end"], proposal_id, self._clock.now(), viewer.staff_id, "refused")
            await audit(connection, viewer, "proposal refused", proposal_id)

    async def release(self, connection: AnyConnection, viewer: Viewer, proposal_id: UUID | None) -> None:
        """Enter a release, and end the change that it was, in the transaction that releases it.

        Raises EndedMeanwhileError where somebody else decided about it meanwhile.
        """
        if proposal_id is not None:
            await self._end(connection, viewer, proposal_id, "released")
        await audit(connection, viewer, "answer released", proposal_id)

    async def _end(self, connection: AnyConnection, viewer: Viewer, proposal_id: UUID, end: End) -> None:
        row = (proposal_id, self._clock.now(), viewer.staff_id, end)
        if await connection.fetchval(SQL["end"], *row) is None:
            raise EndedMeanwhileError


@dataclass(frozen=True)
class Purge:
    """Removes changes that were decided on long ago."""

    pool: Pool
    clock: Clock

    async def once(self) -> int:
        """Remove at most BATCH; return how many."""
        done = await self.pool.execute(SQL["purge"], self.clock.now() - KEPT, BATCH)
        return int(done.rpartition(" ")[2])


def _waiting(row: Record) -> Waiting:
    return Waiting(**{**row, "fields": json.loads(row["fields"])})
