"""People of a version that knew one address each: all keep it, while that version is at work and later."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import asyncpg
import pytest

from runtime.database.migrations import migrate, migrations
from runtime.database.postgres import OwnConnection
from runtime.embedded import EmbeddedPostgres

LAST = "0020_picture.sql"
"""What the version before had."""
PEOPLE, WORKERS = 300, 3
JOIN = "UPDATE recipient SET heard_at = $2, unreachable_since = NULL, unreachable_reason = NULL WHERE id = $1"
BLOCK = "UPDATE recipient SET unreachable_since = $2, unreachable_reason = 'blocked' WHERE id = $1"
NEW_KEY = "UPDATE recipient SET address = $3, key_id = 'k2', heard_at = $2 WHERE id = $1"
FIELDS = "channel, lookup, address, key_id, heard_at, unreachable_since, unreachable_reason"


@pytest.fixture
async def url(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of the version before, with people on record."""
    admin = await asyncpg.connect(postgres_server.url(database="postgres"))
    name = f"test_{secrets.token_hex(6)}"
    await admin.execute(f'CREATE DATABASE "{name}"')
    found = postgres_server.url(database=name)
    connection = await asyncpg.connect(found, server_settings={"search_path": "notifier"})
    await connection.execute("CREATE SCHEMA notifier")
    await migrate(connection, "notifier", "services.notifier", until=LAST)
    for number in range(PEOPLE):
        await newcomer(connection, consented=number % 5 > 0)
    await connection.close()
    yield found
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def newcomer(connection: OwnConnection, *, consented: bool) -> UUID:
    """Put somebody on record as the version before does."""
    person, now = uuid4(), datetime.now(UTC)
    await connection.execute(
        "INSERT INTO recipient (id, channel, lookup, address, key_id, heard_at, consented_at, consented_by) "
        "VALUES ($1, 'telegram', $2, $3, 'k1', $4, $5, $6)",
        *(person, secrets.token_bytes(32), secrets.token_bytes(40), now),
        *((now, 1) if consented else (None, None)),
    )
    return person


async def at_work(url: str, seed: int, stop: asyncio.Event, begun: asyncio.Barrier) -> int:
    """Do what the version before does with people, until told to stop; return how much that was."""
    chance, done = Random(seed), 0  # noqa: S311 - chance for a test
    connection = await asyncpg.connect(url, server_settings={"search_path": "notifier"})
    known = [row["id"] for row in await connection.fetch("SELECT id FROM recipient")][seed::WORKERS]
    while not stop.is_set():
        person, now = chance.choice(known), datetime.now(UTC)
        match chance.randrange(4):
            case 0:
                known.append(await newcomer(connection, consented=True))
            case 1:
                await connection.execute(BLOCK, person, now)
            case 2:
                await connection.execute(NEW_KEY, person, now, secrets.token_bytes(40))
            case _:
                await connection.execute(JOIN, person, now)
        done += 1
        if done == 1:
            await begun.wait()
    await connection.close()
    return done


async def test_everybody_keeps_their_address(url: str) -> None:
    """Whatever the version before writes meanwhile and later, each has one address, and it is the same."""
    stop, begun = asyncio.Event(), asyncio.Barrier(WORKERS + 1)
    workers = [asyncio.ensure_future(at_work(url, seed, stop, begun)) for seed in range(WORKERS)]
    await begun.wait()
    connection = await asyncpg.connect(url, server_settings={"search_path": "notifier"})
    applied = await migrate(connection, "notifier", "services.notifier")
    people = await connection.fetchval("SELECT count(*) FROM recipient")
    after = await newcomer(connection, consented=True)
    stop.set()
    done = await asyncio.gather(*workers)

    here = await connection.fetch(f"SELECT id, id AS of, {FIELDS} FROM recipient ORDER BY id")  # noqa: S608 - ours
    there = await connection.fetch(f"SELECT id, recipient_id AS of, {FIELDS} FROM address ORDER BY id")  # noqa: S608 - ours
    await connection.execute("UPDATE address SET heard_at = now() WHERE id = $1", after)
    same = "SELECT r.heard_at = a.heard_at FROM recipient r JOIN address a ON a.id = r.id WHERE r.id = $1"
    told = await connection.fetchval(same, after)
    await connection.close()

    assert [name for name, _ in migrations("services.notifier") if name > LAST] == applied
    assert [tuple(row) for row in here] == [tuple(row) for row in there]
    assert told, "what today's version writes is not where the version before looks"
    assert min(done) > 1
    assert people >= PEOPLE
