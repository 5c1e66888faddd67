"""A PostgreSQL whose commits wait, once told so, for a synchronous standby that is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg

from runtime.embedded import EmbeddedPostgres
from tests.conftest import FAST, PASSWORD

WAITING = "SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = $1"


async def admin(server: EmbeddedPostgres, statement: str) -> None:
    """Execute a statement that waits for nobody."""
    connection = await asyncpg.connect(server.url(), server_settings={"synchronous_commit": "local"})
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def waits(server: EmbeddedPostgres) -> None:
    """Let commits wait from now on: a reload takes effect later, so a commit of our own is seen waiting."""
    await admin(server, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    await admin(server, "SELECT pg_reload_conf()")
    watch = await asyncpg.connect(server.url(), server_settings={"synchronous_commit": "local"})
    probe = await asyncpg.connect(server.url())
    commits = asyncio.ensure_future(_commits(probe))
    try:
        async with asyncio.timeout(30):
            while not await watch.fetchval(WAITING, probe.get_server_pid()):
                await asyncio.wait([commits], timeout=0.01)
        await watch.execute("SELECT pg_terminate_backend($1)", probe.get_server_pid())
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await commits
    finally:
        await watch.close()
        probe.terminate()


async def _commits(connection: asyncpg.Connection) -> None:
    while True:
        await connection.execute("SELECT pg_logical_emit_message(true, 'probe', '')")


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
