"""Which publishers share applications: granted, revoked and listed by operators, each change in the audit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.messages.ids import Publisher
from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.postgres import Pool, retrying, transaction
from services.tracker.domain.ownership import Pair

SQL = sql.load("services.tracker.operators", "publishers.sql")


@dataclass(frozen=True, slots=True)
class Shared:
    """What a publisher may write of an owner's; `applications` None: all, else so many named ones.

    `granted_by` is an operator, or `history` where both had written before owners were kept.
    """

    owner: Publisher
    publisher: Publisher
    applications: int | None
    granted_by: str
    granted_at: datetime


class Publishers:
    """What operators do about who may write whose applications."""

    def __init__(self, pool: Pool, clock: Clock, actor: str) -> None:
        self._pool = pool
        self._clock = clock
        self._actor = actor

    async def grant(self, pairs: Collection[Pair]) -> list[Pair]:
        """Let publishers write all that owners own; return the pairs that were not granted before."""
        return await retrying(lambda: self._change("grant", pairs), self._clock)

    async def revoke(self, pairs: Collection[Pair]) -> list[Pair]:
        """End all that was granted to pairs; return those of which something was.

        No batch that saw a grant is under way any more when this returns. What was taken in stays.
        """
        return await retrying(lambda: self._change("revoke", pairs), self._clock)

    async def _change(self, what: str, pairs: Collection[Pair]) -> list[Pair]:
        columns = sql.columns(sorted(pairs), 2)
        given = (*columns, self._actor) if what == "grant" else columns
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(SQL[what], *given)
            changed = sorted({Pair(row["owner"], row["publisher"]) for row in rows})
            for pair in changed:
                said = f"{pair.publisher} on what {pair.owner} owns"
                await audit.note(connection, self._actor, f"publishers {what}", said)
        return changed

    async def list(self) -> Sequence[Shared]:
        """List what is granted, by owner and publisher."""
        return [Shared(**row) for row in await self._pool.fetch(SQL["list"])]
