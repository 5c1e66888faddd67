"""PostgreSQL: a pool with deadlines, transactions retried where that is safe, and what counts as passing.

The connection's `search_path` is the service's schema, so queries name tables alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.connect import DroppedInDoubt, connect
from runtime.retry import backoff

T = TypeVar("T")
SQL = sql.load("runtime.database", "postgres.sql")

if TYPE_CHECKING:
    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    OwnConnection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    # The classes take no parameters at run time.
    Connection, Pool, OwnConnection = PoolConnectionProxy, asyncpg.Pool, asyncpg.Connection
AnyConnection: TypeAlias = OwnConnection | Connection

TRANSIENT: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidCachedStatementError,  # a migration changed a table meanwhile
    TimeoutError,
    OSError,
)
"""Errors that say nothing about the data: the same work may succeed later."""

UNUSABLE: tuple[type[BaseException], ...] = (asyncpg.PostgresError, *TRANSIENT)
"""Errors of a database that cannot be used now: away, without a primary, or refusing."""

_REFUSALS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)


def refused_data(error: BaseException) -> bool:
    """Tell whether the data itself is what the database, or its client, cannot take: no retry will help."""
    # A value that the client cannot encode is an InterfaceError like a lost connection, and a ValueError.
    unencodable = isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    return unencodable or isinstance(error, _REFUSALS)


def storable(text: str) -> str:
    """Return a text of somebody else's as PostgreSQL can keep it: without NUL and half characters."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


async def _leave(_: AnyConnection) -> None:
    """Do nothing for a connection that goes back: transactions end by themselves, and no session is changed.

    What the library would say instead is one more round trip for each use of the pool.
    """


def session_settings(schema: str) -> dict[str, str]:
    """Return what a session that works in a schema asks of the server."""
    return {
        "search_path": schema,
        "application_name": f"docwatch {schema}",
        "timezone": "UTC",
        # A stopped process must not keep row locks from the one that takes over.
        "idle_in_transaction_session_timeout": "8000",
        # What was cut off must not go on: a query whose client is gone ends, and lets go of its locks.
        "client_connection_check_interval": "2000",
        # Data is in memory or on flash: a page by an index costs about what one of a scan does.
        "random_page_cost": "1.1",
        # To compile a statement takes longer than any of ours runs.
        "jit": "off",
    }


@asynccontextmanager
async def open_pool(
    url: str, schema: str, *, size: int = 8, command_timeout: float = 10.0
) -> AsyncIterator[Pool]:
    """Open a pool whose connections work in one schema and give up on any command after a deadline."""
    pool = await asyncpg.create_pool(
        url,
        connect=cast("Any", connect),  # its stub names every option
        connection_class=DroppedInDoubt,
        min_size=2,
        max_size=size,
        command_timeout=command_timeout,
        timeout=3,
        reset=_leave,
        server_settings=session_settings(schema),
    )
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), 5)
        except TimeoutError:
            pool.terminate()


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Run a block in one transaction on a pooled connection.

    Where the commit itself raises a passing error nobody knows whether it took effect: what is done again
    must find out by what stands in the database.
    """
    async with pool.acquire(timeout=10) as connection:
        work = connection.transaction()
        await work.start()
        try:
            yield connection
        except BaseException:  # cancellation too: nothing of it may stay
            # A connection that is gone took its transaction along, and must not hide why.
            with suppress(*TRANSIENT):
                await work.rollback()
            raise
        await work.commit()


@asynccontextmanager
async def reading_whole(pool: Pool) -> AsyncIterator[Connection]:
    """Run a block in a transaction that may read tables from end to end, as one that counts all does.

    Else a service goes by indexes, whatever the statistics say: provisioning sets its role so.
    """
    async with transaction(pool) as connection:
        await connection.execute(SQL["read_whole"])
        yield connection


async def wait_for_standby(connection: AnyConnection) -> None:
    """Make the commit of a transaction that changes nothing wait for a synchronous standby all the same.

    Whoever finds that something was done before, and says so to others, must do this: after a crash of the
    server work is seen that no standby has yet, and a failover would undo it.
    """
    await connection.execute(SQL["wait_for_standby"])


async def retrying(work: Callable[[], Awaitable[T]], clock: Clock, *, attempts: int = 4) -> T:
    """Run idempotent work again after a passing database error; raise the last error when none helped."""
    for attempt in range(1, attempts):
        try:
            return await work()
        except TRANSIENT as error:
            if refused_data(error):
                raise
            await clock.sleep(backoff(attempt, first=0.05, cap=1.0))
    return await work()
