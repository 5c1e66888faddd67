"""Applications that stood before owners were kept get theirs from their history."""

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from cli.doctor.databases import database_checks
from cli.doctor.facts import Facts
from cli.doctor.gathering.servers import look_at_database
from runtime.clock import SystemClock
from runtime.database.migrations import migrate
from runtime.database.postgres import OwnConnection
from runtime.embedded import EmbeddedPostgres
from tests.integration.tracker.conftest import NOON, key

BEFORE = "0015_cheaper_checks_hold.sql"
MANY = 1100
"""Applications of one publisher alone: more than two pages of the search."""


@pytest.fixture
async def address(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database with the schema of the version before."""
    admin = await asyncpg.connect(postgres_server.url(database="postgres"))
    name = f"test_{secrets.token_hex(6)}"
    await admin.execute(f'CREATE DATABASE "{name}"')
    url = postgres_server.url(database=name)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE SCHEMA tracker")
    await migrate(connection, "tracker", "services.tracker", until=BEFORE)
    await connection.close()
    yield url
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def application(connection: OwnConnection, number: int) -> None:
    await connection.execute(
        "INSERT INTO application (application_key, document_type, masked) VALUES ($1, 'id_card', '...42')",
        key(number),
    )


async def event(
    connection: OwnConnection,
    number: int,
    publisher: str,
    minute: int,
    sequence: int = 1,
    *,
    gone: bool = False,
) -> None:
    """Enter an event that was taken in at a minute, withdrawn since if `gone`."""
    at = NOON + timedelta(minutes=minute)
    await connection.execute(
        "INSERT INTO event (publisher, event_id, digest, application_key, document_type, stage, rank, detour,"
        " occurred_at, missing, correction, restart, notify, effect, notices, stream_sequence, accepted_at,"
        " taken_at, withdrawn_at) VALUES ($1, $2, $3, $4, 'id_card', 'printing', 40, false, $5, '{}', false,"
        " false, true, 'advance', 0, $6, $5, $5, CASE WHEN $7 THEN now() END)",
        *(publisher, str(uuid4()), "0" * 64, key(number), at, sequence, gone),
    )


async def receipt(connection: OwnConnection, number: int, publisher: str, minute: int) -> None:
    await connection.execute(
        "INSERT INTO claim (claim_id, publisher, receipt_id, generation, application_key, token_hash,"
        " code_hash, max_redemptions, issued_at) VALUES ($1, $2, $3, 1, $4, $5, $6, 5, $7)",
        *(uuid4(), publisher, str(uuid4()), key(number), secrets.token_hex(32), secrets.token_hex(32)),
        NOON + timedelta(minutes=minute),
    )


async def history(connection: OwnConnection) -> None:
    """Enter what two publishers had done."""
    for number in range(8):
        await application(connection, number)
    await event(connection, 0, "office", 1)
    await event(connection, 1, "printer", 2)
    await event(connection, 1, "office", 1)
    await receipt(connection, 2, "office", 0)
    await event(connection, 2, "printer", 5)
    await event(connection, 3, "office", 1, sequence=9)
    await event(connection, 3, "printer", 1, sequence=8)
    await event(connection, 4, "thief", 0, gone=True)
    await event(connection, 4, "office", 3)
    await event(connection, 5, "office", 1)
    await receipt(connection, 5, "printer", 7)
    await event(connection, 6, "thief", 0, gone=True)
    for number in range(100, 100 + MANY):
        await application(connection, number)
        await event(connection, number, "office", 0)


async def test_owners_and_grants_come_from_the_history(address: str) -> None:
    """Who named an application first owns it; whoever else wrote may go on there, and doctor names them."""
    connection = await asyncpg.connect(address, server_settings={"search_path": "tracker"})
    await history(connection)
    await migrate(connection, "tracker", "services.tracker")
    owners = await connection.fetch(
        "SELECT owner FROM application WHERE application_key < $1 ORDER BY application_key", key(100)
    )
    many = await connection.fetch("SELECT owner, count(*) FROM application GROUP BY owner ORDER BY owner")
    grants = await connection.fetch(
        "SELECT owner, publisher, application_key, granted_by FROM publisher_grant ORDER BY application_key"
    )
    await connection.close()
    fact = await look_at_database(address, ["tracker"], SystemClock().now)
    found = [one for one in database_checks(Facts(databases=[fact])) if one.code == "two-publishers"]

    assert [row["owner"] for row in owners] == [
        *("office", "office", "office", "printer", "office", "office", None, None)
    ]
    assert [tuple(row) for row in many] == [("office", MANY + 5), ("printer", 1), (None, 2)]
    assert [tuple(row) for row in grants] == [
        ("office", "printer", key(1), "history"),
        ("office", "printer", key(2), "history"),
        ("printer", "office", key(3), "history"),
        ("office", "printer", key(5), "history"),
    ]
    assert [one.what.split(",")[0] for one in found] == [
        "printer wrote 3 applications that belong to office",
        "office wrote 1 applications that belong to printer",
    ]


async def test_a_search_that_was_cut_off_goes_on(address: str) -> None:
    """Run again it finds what is left, and changes nothing of what it found."""
    connection = await asyncpg.connect(address, server_settings={"search_path": "tracker"})
    await history(connection)
    await migrate(connection, "tracker", "services.tracker", until="0017_looser_effects_hold.sql")
    await connection.execute("UPDATE application SET owner = 'printer' WHERE application_key = $1", key(0))
    for _ in range(2):
        await connection.execute("CALL find_owners()")
    await migrate(connection, "tracker", "services.tracker")
    left = await connection.fetchval("SELECT count(*) FROM application WHERE owner IS NULL")
    kept = await connection.fetchval("SELECT owner FROM application WHERE application_key = $1", key(0))
    grants = await connection.fetchval("SELECT count(*) FROM publisher_grant")
    await connection.close()

    assert (left, kept, grants) == (2, "printer", 4)
