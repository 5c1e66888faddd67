"""No statement on the hot paths reads a whole table, however large the tables are."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import services.tracker
from runtime.database import sql
from runtime.database.postgres import Pool
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, key

APPLICATIONS = 4_000
TIMES = 250
"""The planner is told that every table has so many times its rows: a million applications."""
BATCH = 500
LARGE = {
    *("application", "event", "subscription", "notice", "claim", "redemption", "set_aside", "held"),
    *("publisher_grant", "joined"),
}
WHOLE = {"reconcile", "books", "following", "list"}
"""The gauges of the books and of the people, what operators list, and nothing else."""

FILL = """
INSERT INTO application (application_key, document_type, masked, look_at)
SELECT lpad(to_hex(n), 64, '0'), 'id_card', '...42', now() + n * interval '1 hour'
FROM generate_series(1, $1) AS n;

INSERT INTO event (publisher, event_id, digest, application_key, document_type, stage, rank, detour,
    occurred_at, missing, correction, restart, notify, effect, notices, stream_sequence, accepted_at,
    taken_at)
SELECT format('office%s', n % 20), format('e%s-%s', n, m), repeat('0', 64), lpad(to_hex(n), 64, '0'),
    'id_card', 'accepted', 10, false,
    now() - n * interval '1 hour', '{}', false, false, true, 'advance', 1, n,
    now() - n * interval '1 hour', now() - n * interval '1 hour'
FROM generate_series(1, $1) AS n, generate_series(1, 2) AS m;

INSERT INTO claim (claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash,
    max_redemptions, issued_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'office', n, 1, lpad(to_hex(n), 64, '0'), lpad(to_hex(n), 64, '0'),
    lpad(to_hex(n), 64, '0'), 5, now()
FROM generate_series(1, $1) AS n;

INSERT INTO redemption (claim_id, recipient_id, generation, redeemed_at)
SELECT claim_id, claim_id, 1, now() FROM claim;

INSERT INTO subscription (subscription_id, application_key, recipient_id, claim_id, consent_version,
    consented_at, created_at)
SELECT claim_id, application_key, claim_id, claim_id, '1', now(), now() FROM claim;

INSERT INTO notice (notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind,
    revision, created_at, ended_as, ended_at, unreached)
SELECT gen_random_uuid(), s.subscription_id, s.recipient_id, e.application_key, e.publisher, e.event_id,
    'advance', 1, now(), 'expired', now(), nextval('unreached_number')
FROM event e JOIN subscription s USING (application_key);

INSERT INTO set_aside (id, stream, stream_sequence, effect, publisher, event_id, reason, at)
SELECT gen_random_uuid(), 'STAGES', n, 'duplicate', 'office', format('e%s-1', n), 'again', now()
FROM generate_series(1, $1) AS n;

INSERT INTO publisher_grant (owner, publisher, application_key, granted_by)
SELECT 'office', format('office%s', n % 20), lpad(to_hex(n), 64, '0'), 'history'
FROM generate_series(1, $1) AS n;

INSERT INTO joined (recipient_id, into_id, asked_joining, asked_into, moved, ended, stays, at)
SELECT gone, claim_id, gone, claim_id, 0, '{}', '{}', now()
FROM (SELECT gen_random_uuid() AS gone, claim_id FROM claim) AS c;

INSERT INTO held (notice_id, publisher, payload, created_at)
SELECT notice_id, publisher, '', created_at FROM notice;

ANALYZE;
"""

AT_SCALE = """
UPDATE pg_class SET reltuples = reltuples * $1
WHERE relnamespace = 'tracker'::regnamespace AND relkind IN ('r', 'i') AND reltuples > 0
"""

VALUES: dict[str, object] = {
    "text": key(7),
    "uuid": UUID(int=7),
    "int2": 7,
    "int4": 7,
    "int8": 7,
    "float8": 7.0,
    "bool": True,
    "timestamptz": NOON,
    "date": date(2026, 4, 1),
    "bytea": b"{",
}


@pytest.fixture
async def filled(pool: Pool, databases: Databases) -> Pool:
    for statement in FILL.split(";\n\n"):
        await pool.execute(statement.replace("$1", str(APPLICATIONS)))
    admin = await asyncpg.connect(databases.admin)
    await admin.execute("ANALYZE")
    await admin.execute(AT_SCALE, TIMES)
    await admin.close()
    return pool


def value(kind: str) -> object:
    """Return a value for a parameter of a type; an array is a full batch of different values."""
    name = kind.removesuffix("[]")
    if not kind.endswith("[]"):
        return VALUES[name]
    if name == "text":
        return [key(n) for n in range(BATCH)]
    if name == "uuid":
        return [UUID(int=n) for n in range(BATCH)]
    return [VALUES[name]] * BATCH


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """Name the tables that a plan reads as a whole."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


def statements() -> dict[str, str]:
    """Return every statement of the tracker by its file and name, but those that look at everything."""
    root = Path(services.tracker.__file__).parent
    folders = (folder for folder in root.iterdir() if folder.is_dir() and folder.name != "migrations")
    found = {
        (file.name, name): text
        for folder in sorted(folders)
        for file in sorted(folder.glob("*.sql"))
        for name, text in sql.load(f"services.tracker.{folder.name}", file.name).items()
    }
    return {f"{file} {name}": text for (file, name), text in found.items() if name not in WHOLE}


async def plans(pool: Pool, text: str) -> list[dict[str, Any]]:
    """Return how a statement is run with a full batch, and whatever its values are, as after some runs."""
    async with pool.acquire() as connection:
        statement = await connection.prepare(text)
        values = [value(one.name) for one in statement.get_parameters()]
        asked = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values)
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        always = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values)
    return [json.loads(one)[0]["Plan"] for one in (asked, always)]


async def test_no_statement_reads_a_whole_table(filled: Pool) -> None:
    """Every statement of the tracker but the audit of the books goes by an index at scale."""
    found: dict[str, set[str]] = {}
    for name, text in statements().items():
        for plan in await plans(filled, text):
            whole = set(scanned(plan)) & LARGE
            if whole:
                found[name] = whole

    assert found == {}


async def test_a_statement_without_an_index_is_found(filled: Pool) -> None:
    """The look itself works: a statement that no index serves is seen to read the whole table."""
    [plan, _] = await plans(filled, "SELECT 1 FROM application WHERE masked = ANY($1::text[])")

    assert list(scanned(plan)) == ["application"]


UNINDEXED = """
SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c
WHERE c.contype = 'f' AND c.connamespace = 'tracker'::regnamespace
    AND c.confrelid <> 'tracker.application'::regclass
    AND NOT EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indkey[0] = c.conkey[1]
            AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) LIKE '%IS NOT NULL%')
    )
"""


async def test_what_is_deleted_is_looked_for_by_an_index(pool: Pool) -> None:
    """Every reference to rows that may be purged has an index; only applications are never deleted."""
    assert [tuple(row) for row in await pool.fetch(UNINDEXED)] == []
