"""What a statement of the queue costs depends on what it is asked for, not on how much waits beside it.

The planner believes what was counted last, which is never how it is in a burst.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.notifier.delivery import store
from services.notifier.delivery.sending import queue
from tests.conftest import Databases

SQL = store.SQL | queue.SQL | queue.AT_ONCE
WAITING, ASKED = 6_000, 50
MOST_BLOCKS = 100
"""Pages of the database that may be looked at for each row asked for; a look at all that waits takes more."""
MOST_ROWS = 10
"""Rows that a step of a plan may look at for each row asked for."""
FILL = """
INSERT INTO recipient (id, channel, lookup, address, key_id, language, consented_at, consented_by, heard_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'telegram', decode(lpad(to_hex(n), 64, '0'), 'hex'), 'x', 'k1', 'en',
    now(), 1, now()
FROM generate_series(1, $1) AS n;
INSERT INTO lease VALUES ('role', 'holder', 1, now() + interval '1 hour')
"""
QUEUE = """
INSERT INTO delivery (id, channel, recipient_id, kind, class, subscription_id, revision, payload, created_at,
    expires_at, state)
SELECT md5(id || '/' || $1)::uuid, channel, id, 'notice', 2, id, $1, '{}', now(), now() + interval '1 day',
    'pending'
FROM recipient"""
END = "UPDATE delivery SET state = 'superseded', ended_at = now() WHERE state = 'pending'"
COUNT = "VACUUM ANALYZE delivery"
PEOPLE = [UUID(int=number) for number in range(1, ASKED + 1)]
LAST = 9
"""The revision of what waits in the burst."""
STORED = [UUID(hashlib.md5(f"{person}/{LAST}".encode()).hexdigest()) for person in PEOPLE]  # noqa: S324 - an id
ASKED_FOR: dict[str, tuple[object, ...]] = {
    "claim": ("role", 1, "telegram", ASKED, 2, [uuid4()]),
    "claim_stored": ("role", 1, "telegram", ASKED, 2, [uuid4()], STORED),
    "put_in_line": (PEOPLE,),
    "end_overtaken_of": (PEOPLE,),
    "late_of": (PEOPLE, [1] * ASKED),
    "leave_unreachable": (PEOPLE, None, ()),
}
MODES = ("force_custom_plan", "force_generic_plan")
COUNTED: dict[str, Sequence[str]] = {
    "never": (QUEUE, END),
    "when nothing waited": (QUEUE, END, COUNT),
    "when little waited": (QUEUE, END, f"{QUEUE} LIMIT 30", COUNT, END),
    "when all waited": (QUEUE, COUNT, END),
}
"""What happened before the burst, and when the statistics were made."""


@pytest.fixture(params=COUNTED)
async def burst(
    databases: Databases, request: pytest.FixtureRequest
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A queue that was counted at another time."""
    connection = await asyncpg.connect(databases.admin, server_settings={"search_path": "notifier"})
    try:
        for statement in FILL.split(";\n"):
            await connection.execute(statement.replace("$1", str(WAITING)))
        for revision, statement in enumerate(COUNTED[request.param], 1):
            await connection.execute(statement.replace("$1", str(revision)))
        await connection.execute(QUEUE.replace("$1", str(LAST)))
        yield connection
    finally:
        await connection.close()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for one in plan.get("Plans", ()):
        yield from nodes(one)


def looked_at(node: dict[str, Any]) -> float:
    """Return how many rows a node gave or passed over."""
    passed = (count for name, count in node.items() if name.startswith("Rows Removed by"))
    return float((node["Actual Rows"] + sum(passed)) * node["Actual Loops"])


async def test_a_burst_is_not_read_whole(burst: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A statement about some people looks at their rows only, whatever the statistics say."""
    too_much = dict[str, tuple[float, float]]()
    for (name, asked), mode in product(ASKED_FOR.items(), MODES):
        transaction = burst.transaction()
        await transaction.start()
        await burst.execute(f"SET LOCAL plan_cache_mode = {mode}")
        answer = await burst.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {SQL[name]}", *asked)
        await transaction.rollback()
        plan: dict[str, Any] = json.loads(answer)[0]["Plan"]
        blocks = (plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]) / ASKED
        rows = max(map(looked_at, nodes(plan))) / ASKED
        if blocks >= MOST_BLOCKS or rows >= MOST_ROWS:
            too_much[f"{name}, {mode}"] = blocks, rows

    assert {} == too_much
