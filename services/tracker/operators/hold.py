"""Holding a publisher: its events are taken in and move states, but tell nobody until it is released.

Whatever waits keeps its place in the ledger as pending. A release waits for the batches that saw the hold, so
nothing stays behind, and tells the brake that what came so far is usual.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.messages.ids import Publisher
from contracts.streams import NOTICE_SUBJECT
from runtime.clock import Clock
from runtime.database import audit, outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import Pool, retrying, transaction
from services.tracker.store import holds as store

SQL = sql.load("services.tracker.operators", "hold.sql")


@dataclass(frozen=True, slots=True)
class Hold:
    """A held publisher; `waiting` counts the notices kept back.

    What was sent from `suspected_from` on is in doubt; None where nobody said.
    """

    publisher: Publisher
    since: datetime
    held_by: str
    why: str
    suspected_from: datetime | None
    waiting: int


class Holds:
    """What operators do about publishers; each change is entered into the audit."""

    def __init__(self, pool: Pool, clock: Clock, actor: str) -> None:
        self._pool = pool
        self._clock = clock
        self._actor = actor

    async def hold(self, publisher: Publisher, suspected_from: datetime | None = None) -> bool:
        """Let nobody be told by what a publisher says from now on; False where it is held already."""
        async with transaction(self._pool) as connection:
            held = await store.hold(
                connection, publisher, now=self._clock.now(), actor=self._actor, why="", since=suspected_from
            )
            if held:
                await audit.note(connection, self._actor, "hold", publisher)
        return held

    async def release(self, publisher: Publisher) -> int | None:
        """Tell people what waited, by the tracker within seconds; return how much, None where not held."""
        return await retrying(lambda: self._release(publisher), self._clock)

    async def _release(self, publisher: Publisher) -> int | None:
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL["release"], publisher) is None:
                return None
            rows = await connection.fetch(SQL["take_held"], publisher)
            again = [Row(row["notice_id"], NOTICE_SUBJECT, row["payload"]) for row in rows]
            await outbox.store(connection, again)
            await connection.execute(SQL["approve"], publisher, self._clock.now())
            await audit.note(connection, self._actor, "release", f"{publisher}: {len(rows)} notices")
        return len(rows)

    async def holds(self) -> Sequence[Hold]:
        """List the held publishers, longest first."""
        return [Hold(**row) for row in await self._pool.fetch(SQL["holds"])]
