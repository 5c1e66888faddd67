"""A PostgreSQL whose commits wait, once told so, for a synchronous standby that is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from runtime.embedded import EmbeddedPostgres
from tests.conftest import FAST, PASSWORD


async def admin(server: EmbeddedPostgres, statement: str) -> None:
    """Execute a statement that waits for nobody."""
    connection = await asyncpg.connect(server.url(), server_settings={"synchronous_commit": "local"})
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def waits(server: EmbeddedPostgres) -> None:
    """Let commits wait from now on."""
    await admin(server, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    await admin(server, "SELECT pg_reload_conf()")


async def let_go(server: EmbeddedPostgres) -> None:
    """Let every commit be answered again."""
    await admin(server, "ALTER SYSTEM RESET synchronous_standby_names")
    await admin(server, "SELECT pg_reload_conf()")


@asynccontextmanager
async def without_standby(home: Path) -> AsyncIterator[EmbeddedPostgres]:
    """Run a PostgreSQL of the test's own; its data are deleted."""
    server = EmbeddedPostgres(home, password=PASSWORD, settings={**FAST, "synchronous_commit": "on"})
    async with server:
        yield server
        await let_go(server)
    await server.remove()
