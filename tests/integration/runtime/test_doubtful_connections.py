"""What a failover does to a connection: silent hosts, servers that are no primary, commits cut off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from runtime.clock import SystemClock
from runtime.database.connect import connect, each_host
from runtime.database.postgres import (
    TRANSIENT,
    Connection,
    open_pool,
    transaction,
    wait_for_standby,
)
from runtime.embedded import EmbeddedPostgres
from tests.conftest import Databases
from tests.integration.standby import admin, let_go, waits, without_standby
from tests.waiting import until

TIMEOUT = 2.0


@asynccontextmanager
async def silent_host() -> AsyncIterator[str]:
    """Take connections and never say a word, as a frozen server does."""
    writers = list[asyncio.StreamWriter]()

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    host, port, *_ = server.sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


def among(url: str, *others: str) -> str:
    """Return an address that names other hosts before its own, and wants the one that takes writes."""
    login, at, rest = url.partition("@")
    return f"{login}{at}{','.join([*others, rest])}?target_session_attrs=read-write"


@pytest.mark.parametrize("gone", ["127.0.0.1:9", "silent"])
async def test_a_host_that_is_gone_holds_up_nobody(databases: Databases, gone: str) -> None:
    """The primary is found at once behind a host that refuses, and behind one that is silent."""
    async with silent_host() as silent:
        url = among(databases.admin, silent if gone == "silent" else gone)
        started = SystemClock().monotonic()
        connection = await connect(url, timeout=TIMEOUT)
        took = SystemClock().monotonic() - started
        await connection.close()

    assert took < TIMEOUT


async def test_a_wrong_password_is_what_is_told_of_several_hosts(databases: Databases) -> None:
    """Where one host is away and one refuses the login, the refusal is the error."""
    login, _, rest = databases.admin.partition("@")
    url = among(f"{login}wrong@{rest}", "127.0.0.1:9")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect(url, timeout=TIMEOUT)


async def test_no_primary_is_an_error_that_passes(databases: Databases) -> None:
    """Where no host takes writes the work is done later, not called wrong."""
    connection = await asyncpg.connect(databases.admin)
    try:
        await connection.execute(f'ALTER DATABASE "{databases.name}" SET default_transaction_read_only = on')
    finally:
        await connection.close()

    with pytest.raises(TRANSIENT):
        await connect(among(databases.admin, "127.0.0.1:9"), timeout=TIMEOUT)


def test_each_host_keeps_login_and_options() -> None:
    """An address of several hosts is one address for each, alike in everything else."""
    assert each_host("postgresql://a:b%2Cc@one:1,[::1]:2,three/d?x=y,z") == [
        "postgresql://a:b%2Cc@one:1/d?x=y,z",
        "postgresql://a:b%2Cc@[::1]:2/d?x=y,z",
        "postgresql://a:b%2Cc@three/d?x=y,z",
    ]


async def _write_where_nobody_may(connection: Connection) -> None:
    await connection.execute("SET LOCAL transaction_read_only = on")
    await connection.execute("CREATE TABLE public.wanted ()")


async def _wait_beyond_the_deadline(connection: Connection) -> None:
    await connection.execute("SELECT pg_sleep(60)", timeout=0.1)


async def _end_the_session(connection: Connection) -> None:
    await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def _cancel(connection: Connection) -> None:
    async with asyncio.timeout(0.1):
        await connection.execute("SELECT pg_sleep(60)")


@pytest.mark.parametrize(
    "work", [_write_where_nobody_may, _wait_beyond_the_deadline, _end_the_session, _cancel]
)
async def test_a_doubtful_connection_is_not_used_again(
    databases: Databases, work: Callable[[Connection], Awaitable[None]]
) -> None:
    """Read-only, cut off or ended: the error passes, and the next work gets a connection of its own."""
    async with open_pool(databases.admin, "tracker", size=2) as pool:
        used = list[int]()

        async def unit() -> None:
            async with transaction(pool) as connection:
                used.append(await connection.fetchval("SELECT pg_backend_pid()"))
                await work(connection)

        for _ in range(3):
            with pytest.raises(TRANSIENT):
                await unit()

    assert len(set(used)) == 3


async def test_a_cancelled_task_stays_cancelled(databases: Databases) -> None:
    """Whoever is cancelled inside a transaction is told so, not that its connection is gone."""
    async with open_pool(databases.admin, "tracker", size=2) as pool:

        async def work() -> None:
            async with transaction(pool) as connection:
                await connection.execute("SELECT pg_sleep(60)")

        task = asyncio.create_task(work())
        await until(partial(_sleeps, databases))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # What nobody waits for is ended by the server, which looks every two seconds.
        await until(partial(_sleeps_no_more, databases))


async def _sleeps(databases: Databases) -> bool:
    connection = await asyncpg.connect(databases.admin)
    try:
        return bool(
            await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event = 'PgSleep'"
            )
        )
    finally:
        await connection.close()


async def _sleeps_no_more(databases: Databases) -> bool:
    return not await _sleeps(databases)


@pytest.fixture
async def alone(server_home: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL with a table, whose commits wait for a standby that is not there."""
    async with without_standby(server_home / "alone") as server:
        await admin(server, "CREATE TABLE public.seen (id int PRIMARY KEY)")
        await waits(server)
        yield server


async def _rows(server: EmbeddedPostgres) -> int:
    connection = await asyncpg.connect(server.url())
    try:
        found: int = await connection.fetchval("SELECT count(*) FROM public.seen")
        return found
    finally:
        await connection.close()


async def test_a_commit_that_is_cut_off_is_seen_once_the_standby_has_it(alone: EmbeddedPostgres) -> None:
    """A commit given up while it waits for a standby is unknown, not failed, and nobody sees it before."""
    async with open_pool(alone.url(), "public", size=2, command_timeout=0.5) as pool:
        with pytest.raises(TimeoutError):
            async with transaction(pool) as connection:
                await connection.execute("INSERT INTO seen VALUES (1)")
        # Long enough for a server that was asked to cancel.
        before = [await _rows(alone) for _ in range(20)]
        await let_go(alone)

        async def there() -> bool:
            return await _rows(alone) == 1

        await until(there)

    assert before == [0] * 20


async def test_what_was_done_before_waits_for_the_standby_too(alone: EmbeddedPostgres) -> None:
    """Who only finds that work was done is not told so before the standby has it."""
    async with open_pool(alone.url(), "public", size=2, command_timeout=0.5) as pool:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO seen SELECT 1 WHERE false")

        async def find_done() -> None:
            async with transaction(pool) as connection:
                await wait_for_standby(connection)

        with pytest.raises(TimeoutError):
            await find_done()
