"""A service's audit: who did what, without personal data.

The table stands in the service's own schema: `audit (number, at, actor, action, detail)`, numbered from 1.
The service may add to it and read it, nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from runtime.database import sql
from runtime.database.postgres import Connection, Pool

SQL = sql.load("runtime.database", "audit.sql")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done."""

    number: int
    at: datetime
    actor: str
    action: str
    detail: str


async def note(connection: Connection | Pool, actor: str, action: str, detail: str) -> None:
    """Enter what somebody did, in the transaction that does it; `detail` names no person."""
    await connection.execute(SQL["audit"], actor, action, detail)


async def entries(pool: Pool, *, before: int | None, action: str | None, limit: int) -> Sequence[Entry]:
    """List entries, the latest first; those with lower numbers than `before`, of one action or of all."""
    return [Entry(*row) for row in await pool.fetch(SQL["entries"], before, action, limit)]
