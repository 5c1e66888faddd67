"""What the ledger's statements cost depends on what they are asked for, not on how many notices wait."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.tracker.following.subscriptions import SQL as SUBSCRIPTIONS
from services.tracker.ledger.ends import SQL
from services.tracker.ledger.reach import SQL as REACH
from tests.conftest import Databases

WAITING, ASKED = 3_000, 50
MOST_BLOCKS = 100
"""Pages of the database that may be looked at for each row asked for; a look at all that waits takes more."""
NOW = datetime.now(UTC)
FILL = """
INSERT INTO application (application_key, document_type, masked)
SELECT lpad(to_hex(n), 64, '0'), 'id_card', '...42' FROM generate_series(1, $1) AS n;
INSERT INTO event (publisher, event_id, digest, application_key, document_type, stage, rank, detour,
    occurred_at, missing, correction, restart, notify, effect, notices, stream_sequence, accepted_at,
    taken_at)
SELECT 'office', format('e%s', n), repeat('0', 64), lpad(to_hex(n), 64, '0'), 'id_card', 'accepted', 10,
    false, now(), '{}', false, false, true, 'advance', 1, n, now(), now()
FROM generate_series(1, $1) AS n;
INSERT INTO claim (claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash,
    max_redemptions, issued_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'office', n, 1, lpad(to_hex(n), 64, '0'), lpad(to_hex(n), 64, '0'),
    lpad(to_hex(n), 64, '0'), 5, now()
FROM generate_series(1, $1) AS n;
INSERT INTO subscription (subscription_id, application_key, recipient_id, claim_id, consent_version,
    consented_at, created_at)
SELECT claim_id, application_key, claim_id, claim_id, '1', now(), now() FROM claim
"""
NOTICES = """
INSERT INTO notice (notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind,
    revision, created_at)
SELECT lpad(to_hex($1 + n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid,
    lpad(to_hex(n), 64, '0'), 'office', format('e%s', n), 'advance', 1, now()
FROM generate_series(1, $2) AS n
"""
END = "UPDATE notice SET ended_as = 'accepted', ended_at = now(), attempts = 1"
NUMBERS = range(1, ASKED + 1)
ENDED = [UUID(int=10_000 + number) for number in NUMBERS]
EVENTS = (["office"] * ASKED, [f"e{number}" for number in NUMBERS])
ASKED_FOR: dict[str, tuple[str, tuple[object, ...]]] = {
    "end_notices": (
        SQL["end_notices"],
        (ENDED, ["accepted"] * ASKED, [None] * ASKED, [1] * ASKED, [NOW] * ASKED),
    ),
    "lock_events": (REACH["lock_events"], EVENTS),
    "ends_of": (REACH["ends_of"], EVENTS),
    "pending_of": (SUBSCRIPTIONS["pending_of"], ([UUID(int=number) for number in NUMBERS],)),
}


@pytest.fixture
async def burst(databases: Databases) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A ledger that was counted while nobody was to be told."""
    connection = await asyncpg.connect(databases.admin, server_settings={"search_path": "tracker"})
    try:
        for statement in FILL.split(";\n"):
            await connection.execute(statement.replace("$1", str(WAITING)))
        await connection.execute(NOTICES, 50_000, WAITING)
        await connection.execute(END)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute(NOTICES, 10_000, WAITING)
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("name", ASKED_FOR)
async def test_a_burst_is_not_read_whole(burst: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    """A statement about some notices looks at their rows only, whatever the statistics say."""
    statement, asked = ASKED_FOR[name]

    answer = await burst.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *asked)

    plan: dict[str, Any] = json.loads(answer)[0]["Plan"]
    assert MOST_BLOCKS > (plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]) / ASKED
