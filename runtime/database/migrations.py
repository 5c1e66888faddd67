"""Plain SQL migrations, `NNNN_what.sql`, applied in order while the version before is at work.

Each runs in a transaction of its own that gives up soon where it waits for a lock, and tries again: nobody
queues behind it for long. A file named `NNNN_what.concurrently.sql` holds statements that cannot run in a
transaction, such as CREATE INDEX CONCURRENTLY; they run one by one and must bear being run again.

Run under one advisory lock, so that any number of provisioning runs at once end in the same schema.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import asyncpg

from runtime.database.postgres import AnyConnection, OwnConnection
from runtime.retry import backoff

LOCK = 0x646F6377
LOCK_TIMEOUT = "1s"
ATTEMPTS = 30
LONGEST_SECONDS = 6 * 3600.0
_NAME = re.compile(r"^\d{4}_[a-z0-9_]+(\.concurrently)?\.sql$")


class MigrationError(Exception):
    """A migration file breaks the naming rule or differs from what was applied under its name."""


def migrations(package: str) -> list[tuple[str, str]]:
    """Return (name, SQL) of a package's migrations in order; raise MigrationError on a bad name."""
    migrations = sorted(
        (entry.name, entry.read_text("utf-8")) for entry in files(package).joinpath("migrations").iterdir()
    )
    for name, _ in migrations:
        if not _NAME.match(name):
            raise MigrationError(f"{package}: migration {name!r} is not named NNNN_what.sql")
    return migrations


@asynccontextmanager
async def alone(connection: OwnConnection, number: int) -> AsyncIterator[None]:
    """Hold an advisory lock of the session; waiting holds no snapshot for an index build to wait for."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", number):  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(0.1)
    try:
        yield
    finally:
        # A connection that is gone has let go of its locks, and must not hide why.
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", number)


async def migrate(
    connection: OwnConnection, schema: str, package: str, *, until: str | None = None
) -> list[str]:
    """Bring a schema up to date as its owner; return the names of the migrations applied now.

    Args:
        connection: its `search_path` is the schema afterwards.
        schema: the schema's name.
        package: where the migrations are.
        until: the last migration to apply; None: all.

    Raises:
        MigrationError: an applied migration has another text now.
        asyncpg.LockNotAvailableError: a table was in use at every attempt; run again at a quieter time.
    """
    async with alone(connection, LOCK):
        await connection.execute("SELECT set_config('search_path', $1, false)", schema)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, sql text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {
            row["name"]: row["sql"]
            for row in await connection.fetch("SELECT name, sql FROM schema_migration")
        }
        applied: list[str] = []
        for name, sql in migrations(package):
            if name in done and done[name] != sql:
                raise MigrationError(
                    f"{schema}: migration {name} was applied with another text; write a new one"
                )
            if name not in done and (until is None or name <= until):
                await _apply(connection, name, sql)
                applied.append(name)
    return applied


async def _apply(connection: OwnConnection, name: str, sql: str) -> None:
    if name.endswith(".concurrently.sql"):
        for statement in sql.split(";\n"):
            if statement.strip():
                await connection.execute(statement, timeout=LONGEST_SECONDS)
        await _note(connection, name, sql)
        return
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                await connection.execute(sql, timeout=LONGEST_SECONDS)
                await _note(connection, name, sql)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(backoff(attempt, first=0.1, cap=2.0))
        else:
            return


async def _note(connection: OwnConnection, name: str, sql: str) -> None:
    await connection.execute("INSERT INTO schema_migration (name, sql) VALUES ($1, $2)", name, sql)


async def pending(connection: AnyConnection, package: str) -> list[str]:
    """Return the migrations that the current schema lacks; all of them where it was never provisioned."""
    known = await connection.fetchval("SELECT to_regclass('schema_migration') IS NOT NULL")
    done = (
        {row["name"] for row in await connection.fetch("SELECT name FROM schema_migration")}
        if known
        else set()
    )
    return [name for name, _ in migrations(package) if name not in done]
