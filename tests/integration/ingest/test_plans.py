"""The feed's statements go by an index, however many outcomes there are."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg

from runtime.database import sql
from tests.conftest import Databases

FILL = """
INSERT INTO outcome (epoch, sequence, publisher, event_id, kind, body)
SELECT 1, n, 'p' || n % 20, n, 'effect', '{}' FROM generate_series(1, 40000) AS n;
INSERT INTO callback (publisher, url, salt, state, since, epoch, sequence, due_at)
SELECT 'p' || n, 'https://office.example/', substr(sha256('x'), 1, 16), 'active', now(), 1, 39000, now()
FROM generate_series(0, 19) AS n;
ANALYZE;
"""
NOW = datetime(2026, 2, 1, tzinfo=UTC)
ASKED: dict[str, tuple[str, str, list[object]]] = {
    "due": ("callbacks", "store.sql", [NOW]),
    "all": ("callbacks", "store.sql", [0]),
    "outcomes": ("callbacks", "store.sql", ["p1", 1, 39000, None, None, 100]),
    "outcomes_after": ("feed", "store.sql", ["p1", 1, 39000, 100]),
    "purge": ("feed", "purge.sql", [NOW, 1000, "purge", 1]),
}


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """Name the tables that a plan reads as a whole."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


async def test_no_statement_reads_all_outcomes(databases: Databases) -> None:
    """Who is due, what comes next, a page and a purge cost what they return, not what is kept."""
    connection = await asyncpg.connect(databases.admin, server_settings={"search_path": "ingest"})
    await connection.execute(FILL)

    found = {}
    for name, (room, file, values) in ASKED.items():
        query = sql.load(f"services.ingest.{room}", file)[name]
        [plan] = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *values))
        found[name] = "outcome" in set(scanned(plan["Plan"]))
    await connection.close()

    assert dict.fromkeys(ASKED, False) == found
