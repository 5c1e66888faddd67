"""Holding a publisher: its events are taken in and move states, but tell nobody until it is released.

Whatever waits keeps its place in the ledger as pending. A release waits for the batches that saw the hold, so
nothing stays behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.ids import Publisher
from contracts.streams import NOTICE_SUBJECT
from runtime import sql
from runtime.clock import Clock
from runtime.outbox import SQL as OUTBOX
from runtime.postgres import Pool, retrying, transaction

SQL = sql.load("services.tracker", "operators.sql")


@dataclass(frozen=True, slots=True)
class Hold:
    """A held publisher; `waiting` counts the notices kept back."""

    publisher: Publisher
    since: datetime
    held_by: str
    waiting: int


class Holding:
    """What operators do about publishers; each change is entered into the audit."""

    def __init__(self, pool: Pool, clock: Clock, actor: str) -> None:
        self._pool = pool
        self._clock = clock
        self._actor = actor

    async def hold(self, publisher: Publisher) -> bool:
        """Let nobody be told by what a publisher says from now on; False where it is held already."""
        async with transaction(self._pool) as connection:
            held = await connection.fetchval(SQL["hold"], publisher, self._clock.now(), self._actor)
            if held is not None:
                await connection.execute(SQL["audit"], self._actor, "hold", publisher)
        return held is not None

    async def release(self, publisher: Publisher) -> int | None:
        """Tell people what waited, by the tracker within seconds; return how much, None where not held."""
        return await retrying(lambda: self._release(publisher), self._clock)

    async def _release(self, publisher: Publisher) -> int | None:
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL["release"], publisher) is None:
                return None
            rows = await connection.fetch(SQL["take_held"], publisher)
            columns = [row["notice_id"] for row in rows], [NOTICE_SUBJECT] * len(rows)
            await connection.execute(OUTBOX["insert_rows"], *columns, [row["payload"] for row in rows])
            await connection.execute(
                SQL["audit"], self._actor, "release", f"{publisher}: {len(rows)} notices"
            )
        return len(rows)

    async def holds(self) -> Sequence[Hold]:
        """List the held publishers, longest first."""
        rows = await self._pool.fetch(SQL["holds"])
        return [Hold(row["publisher"], row["since"], row["held_by"], row["waiting"]) for row in rows]
