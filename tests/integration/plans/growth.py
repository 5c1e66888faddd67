"""A database that grows between the making of a plan and its use, and what a batch reads in it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

import asyncpg

from tests.conftest import Databases

ROWS = 5_000
"""How many rows each table has gained when a batch is measured; times 250 it is taken for some million."""
BATCH = 40
MOST_ROWS = 60
"""Rows and entries of one table or index that may be looked at for each event; one look at all takes 125."""
COUNT = """
SELECT format('VACUUM ANALYZE %s', string_agg(oid::regclass::text, ', ')) FROM pg_class
WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'
"""
MILLIONS = """
UPDATE pg_class SET reltuples = reltuples * 250, relpages = relpages * 250
WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'i') AND reltuples > 0
"""
READ = """
SELECT relname AS name, seq_tup_read AS rows FROM pg_stat_user_tables WHERE schemaname = $1
UNION ALL
SELECT indexrelname, idx_tup_read FROM pg_stat_user_indexes WHERE schemaname = $1
"""
FLUSH = "SELECT pg_stat_force_next_flush()"


@dataclass(frozen=True)
class Counted:
    """When the statistics of the tables were made."""

    empty: bool = False
    small: bool = False
    full: bool = False
    millions: bool = False


COUNTED: Mapping[str, Counted] = MappingProxyType(
    {
        "never": Counted(),
        "when empty": Counted(empty=True),
        "when small": Counted(small=True),
        "just now": Counted(full=True),
        "as millions": Counted(full=True, millions=True),
    }
)


class Growing:
    """One service's tables, and an administrator beside the service."""

    def __init__(self, admin: "asyncpg.Connection[asyncpg.Record]", schema: str) -> None:
        self._admin = admin
        self._schema = schema

    async def grow(self, fill: str, low: int, high: int) -> None:
        """Add rows with the numbers from `low` to `high` by statements that name them `$1` and `$2`."""
        await self._admin.execute(fill.replace("$1", str(low)).replace("$2", str(high)))

    async def count(self, *, tables: bool, millions: bool = False) -> None:
        """Make the statistics anew where that is asked for."""
        if tables:
            await self._admin.execute(await self._admin.fetchval(COUNT, self._schema))
        if millions:
            await self._admin.execute(MILLIONS, self._schema)

    async def read(self) -> dict[str, int]:
        """Return how many rows of each table, and entries of each index, were looked at so far."""
        await self._admin.execute(FLUSH)
        await self._admin.execute("SELECT pg_stat_clear_snapshot()")
        return {row["name"]: row["rows"] or 0 for row in await self._admin.fetch(READ, self._schema)}


@asynccontextmanager
async def growing(databases: Databases, schema: str, mode: str) -> AsyncIterator[Growing]:
    """Work in a service's schema, whose sessions choose their plans in a mode of PostgreSQL."""
    admin = await asyncpg.connect(databases.admin, server_settings={"search_path": schema})
    try:
        await admin.execute(f'ALTER DATABASE "{databases.name}" SET plan_cache_mode = {mode}')
        yield Growing(admin, schema)
    finally:
        await admin.close()


def too_much(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, float]:
    """Return how many rows were looked at for each event, where that is too many."""
    each = {name: (after[name] - before.get(name, 0)) / BATCH for name in after}
    return {name: rows for name, rows in each.items() if rows > MOST_ROWS}
