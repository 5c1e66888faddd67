"""No statement on the hot paths reads a whole table, however large the tables are."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from runtime import sql
from runtime.postgres import Pool
from tests.integration.tracker.conftest import NOON, key

APPLICATIONS = 20_000
BATCH = 20
FILES = ("queries.sql", "claims.sql", "ledger.sql", "questions.sql", "operators.sql", "holds.sql")
LARGE = {"application", "event", "subscription", "notice", "claim", "redemption", "set_aside"}
WHOLE = {"reconcile", "books"}
"""The gauges of the books, every five minutes, and nothing else."""

FILL = """
INSERT INTO application (application_key, document_type, masked)
SELECT lpad(to_hex(n), 64, '0'), 'id_card', '...42' FROM generate_series(1, $1) AS n;

INSERT INTO event (publisher, event_id, digest, application_key, document_type, stage, rank, detour,
    occurred_at, missing, correction, restart, notify, effect, notices, stream_sequence, accepted_at,
    taken_at)
SELECT 'office', format('e%s-%s', n, m), repeat('0', 64), lpad(to_hex(n), 64, '0'), 'id_card', 'accepted', 10,
    false, now(), '{}', false, false, true, 'advance', 1, n, now(), now()
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

ANALYZE;
"""

VALUES: dict[str, object] = {
    "text": key(7),
    "uuid": UUID(int=7),
    "int4": 7,
    "int8": 7,
    "float8": 7.0,
    "bool": True,
    "timestamptz": NOON,
    "date": date(2026, 4, 1),
    "bytea": b"{",
}


@pytest.fixture
async def filled(pool: Pool) -> Pool:
    for statement in FILL.split(";\n\n"):
        await pool.execute(statement.replace("$1", str(APPLICATIONS)))
    return pool


def value(kind: str) -> object:
    """Return a value for a parameter of a type; a batch is as small a part of a table as at scale."""
    one = VALUES[kind.removesuffix("[]")]
    return [one] * BATCH if kind.endswith("[]") else one


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """Name the tables that a plan reads as a whole."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


async def test_no_statement_reads_a_whole_table(filled: Pool) -> None:
    """Every statement of the tracker but the audit of the books goes by an index at scale."""
    found: dict[str, set[str]] = {}
    for file in FILES:
        for name, text in sql.load("services.tracker", file).items():
            async with filled.acquire() as connection:
                statement = await connection.prepare(text)
                values = [value(one.name) for one in statement.get_parameters()]
                plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values))
            whole = set(scanned(plan[0]["Plan"])) & LARGE
            if whole and name not in WHOLE:
                found[name] = whole

    assert found == {}
