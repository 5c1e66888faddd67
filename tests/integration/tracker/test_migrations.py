"""The schema is brought up to date while the version before is at work, and that version goes on working."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from runtime.clock import SystemClock
from runtime.database.migrations import (
    LOCK_TIMEOUT,
    MigrationError,
    migrate,
    migrations,
)
from runtime.database.postgres import OwnConnection, retrying
from runtime.database.sql import parse
from runtime.embedded import EmbeddedPostgres
from tests.integration.tracker.conftest import key

PREVIOUS = parse((Path(__file__).parent / "previous.sql").read_text("utf-8"))
LAST = "0005_hold.sql"
WORKERS = 4
APPLICATIONS = 40
LONGEST_WAIT = 2.5
"""A writer waits at most for a lock that a migration holds or asks for a second, and for the others."""


@pytest.fixture
async def address(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """An empty database with the tracker's schema of the version before."""
    admin = await asyncpg.connect(postgres_server.url(database="postgres"))
    name = f"test_{secrets.token_hex(6)}"
    await admin.execute(f'CREATE DATABASE "{name}"')
    url = postgres_server.url(database=name)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE SCHEMA tracker")
    await migrate(connection, "tracker", "services.tracker", until=LAST)
    await connection.close()
    yield url
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def batch(connection: OwnConnection, number: int) -> None:
    """Take two events of an application in, as the version before did."""
    name, now = key(number % APPLICATIONS), datetime.now(UTC)
    events = [str(uuid4()) for _ in range(2)]
    async with connection.transaction():
        await connection.execute(PREVIOUS["insert_applications"], [name], ["id_card"], ["...42"])
        await connection.fetch(PREVIOUS["lock_applications"], [name])
        await connection.fetch(PREVIOUS["histories"], [name])
        await connection.fetch(PREVIOUS["followers"], [name])
        rows = [
            *(
                ["office"] * 2,
                events,
                ["0" * 64] * 2,
                [name] * 2,
                ["id_card"] * 2,
                ["printing"] * 2,
                [40] * 2,
            ),
            *([False] * 2, [None] * 2, [now] * 2, [None] * 2, [None] * 2, [""] * 2, [None] * 2, [False] * 2),
            *([False] * 2, [True] * 2, ["advance"] * 2, [1] * 2, [number] * 2, [now] * 2),
        ]
        await connection.fetch(PREVIOUS["insert_events"], *rows, now)
        state = (name, "id_card", 1, 0, "printing", 40, False, None, "", None, None, now, "office", events[0])
        last = (now, None, 40, "office", events[0])
        await connection.execute(PREVIOUS["move_applications"], *([one] for one in (*state, *last)))
        ids = [uuid4() for _ in events]
        notices = (ids, ids, ids, [name] * 2, ["office"] * 2, events, ["advance"] * 2, [1] * 2)
        await connection.execute(PREVIOUS["insert_notices"], *notices, now)
        await connection.execute(PREVIOUS["insert_rows"], ids, ["docwatch.notice.v1"] * 2, [b"{}"] * 2)
    await connection.execute(PREVIOUS["delete_rows"], ids)


async def work(address: str, worker: int, stop: asyncio.Event, under_way: asyncio.Barrier) -> list[float]:
    """Take batches in until told to stop; return how long each took."""
    connection = await asyncpg.connect(address, server_settings={"search_path": "tracker"})
    took: list[float] = []
    try:
        while not stop.is_set():
            started = asyncio.get_running_loop().time()
            number = worker * 1000 + len(took)
            await retrying(partial(batch, connection, number), SystemClock())
            took.append(asyncio.get_running_loop().time() - started)
            if len(took) == 1:
                await under_way.wait()
    finally:
        await connection.close()
    return took


async def test_migrations_run_under_load(address: str) -> None:
    """While batches of the version before come in and a long report reads, nobody waits long or fails."""
    stop, under_way = asyncio.Event(), asyncio.Barrier(WORKERS + 1)
    connection = await asyncpg.connect(address)
    reader = await asyncpg.connect(address, server_settings={"search_path": "tracker"})
    workers = [asyncio.ensure_future(work(address, n, stop, under_way)) for n in range(WORKERS)]
    await under_way.wait()
    report = reader.transaction()
    await report.start()
    await reader.fetch("SELECT count(*) FROM application JOIN event USING (application_key), notice")
    migrating = asyncio.ensure_future(migrate(connection, "tracker", "services.tracker"))
    done, _ = await asyncio.wait({migrating}, timeout=2 * float(LOCK_TIMEOUT.removesuffix("s")))
    await report.commit()
    applied = await migrating
    stop.set()
    took = await asyncio.gather(*workers)
    invalid = await connection.fetch("SELECT conname FROM pg_constraint WHERE NOT convalidated")
    broken = await connection.fetch("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
    counts = await connection.fetchrow("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM notice)")
    for one in (connection, reader):
        await one.close()

    assert not done, "the report did not hold the migrations up, so nothing was tried"
    assert applied == [name for name, _ in migrations("services.tracker") if name > LAST]
    assert max(max(some) for some in took) < LONGEST_WAIT
    assert tuple(counts or ()) == (2 * sum(map(len, took)),) * 2
    assert ([], []) == (invalid, broken)


async def test_an_index_build_that_was_cut_off_is_done_again(address: str) -> None:
    """An index that a killed run left unfinished is dropped and built anew."""
    connection = await asyncpg.connect(address)
    await migrate(connection, "tracker", "services.tracker")
    await connection.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'event_of_publisher'::regclass"
    )
    await connection.execute("DELETE FROM schema_migration WHERE name LIKE '0010%'")
    applied = await migrate(connection, "tracker", "services.tracker")
    valid = await connection.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'event_of_publisher'::regclass"
    )
    await connection.close()

    assert applied == ["0010_event_of_publisher.concurrently.sql"]
    assert valid


async def test_runs_at_once_wait_for_each_other(address: str) -> None:
    """Of several runs at once one applies each migration; a text that was changed afterwards is refused."""
    connections = [await asyncpg.connect(address) for _ in range(3)]
    found = await asyncio.gather(*(migrate(one, "tracker", "services.tracker") for one in connections))
    await connections[0].execute("UPDATE schema_migration SET sql = sql || ' ' WHERE name = $1", LAST)
    with pytest.raises(MigrationError, match="another text"):
        await migrate(connections[0], "tracker", "services.tracker")
    for one in connections:
        await one.close()

    assert sorted(map(len, found))[:2] == [0, 0]
