"""What a statement of the queue costs depends on what it is asked for, not on how much waits beside it.

The planner believes what was counted last: here the queue was empty then, and is full now.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.notifier.store import SQL
from tests.conftest import Databases

WAITING, ASKED = 3_000, 50
MOST_BLOCKS = 100
"""Pages of the database that may be looked at for each row asked for; a look at all that waits takes more."""
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
SELECT gen_random_uuid(), channel, id, 'notice', 2, id, $1, '{}', now(), now() + interval '1 day', 'pending'
FROM recipient
"""
END = "UPDATE delivery SET state = 'superseded', ended_at = now()"
PEOPLE = [UUID(int=number) for number in range(1, ASKED + 1)]
ASKED_FOR: dict[str, tuple[object, ...]] = {
    "claim": ("role", 1, "telegram", ASKED, 2, [uuid4()]),
    "put_in_line": (PEOPLE,),
    "end_overtaken_of": (PEOPLE,),
    "late_of": (PEOPLE, [1] * ASKED),
    "end_unreachable_of": (PEOPLE,),
}


@pytest.fixture
async def burst(databases: Databases) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A queue that was counted while it was empty."""
    connection = await asyncpg.connect(databases.admin, server_settings={"search_path": "notifier"})
    try:
        for statement in FILL.split(";\n"):
            await connection.execute(statement.replace("$1", str(WAITING)))
        await connection.execute(QUEUE, 1)
        await connection.execute(END)
        await connection.execute("VACUUM ANALYZE delivery")
        await connection.execute(QUEUE, 2)
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("name", ASKED_FOR)
async def test_a_burst_is_not_read_whole(burst: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    """A statement about some people looks at their rows only, whatever the statistics say."""
    answer = await burst.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {SQL[name]}", *ASKED_FOR[name])

    plan: dict[str, Any] = json.loads(answer)[0]["Plan"]
    assert MOST_BLOCKS > (plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]) / ASKED
