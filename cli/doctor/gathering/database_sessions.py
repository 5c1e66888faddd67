"""The doctor's sessions with PostgreSQL, such as a service has: what stands in between must let them work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import asyncpg

from runtime.database import sql
from runtime.database.connect import connect, each_host
from runtime.database.postgres import OwnConnection, session_settings

SQL = sql.load("cli.doctor")
CONNECT_SECONDS = 4
HEAR_SECONDS = 2
CHANNEL = "docwatch_doctor"
"""The channel of notifications, and the schema that is asked for, where there is nothing."""
POOLED = (
    asyncpg.ProtocolViolationError,
    asyncpg.DuplicatePreparedStatementError,
    asyncpg.InvalidSQLStatementNameError,
)
"""What a pooler that gives each transaction another session answers to settings or statements of one."""


@asynccontextmanager
async def session(url: str) -> AsyncIterator[OwnConnection]:
    """Connect as a service does; raises what the library raises."""
    connection = await connect(
        url,
        timeout=CONNECT_SECONDS,
        command_timeout=5,
        server_settings=session_settings(CHANNEL),
    )
    try:
        yield connection
    finally:
        connection.terminate()


async def keeps_settings(connection: OwnConnection) -> bool:
    """Tell whether a session has the schema that it asked for."""
    found: str = await connection.fetchval(SQL["schema_asked_for"])
    return found == CHANNEL


async def hears(url: str, connection: OwnConnection) -> bool:
    """Tell whether a session is told what another one notifies it of."""
    heard = asyncio.Event()
    await connection.add_listener(CHANNEL, lambda *_: heard.set())
    async with session(url) as other:
        await other.execute(SQL["notify"], CHANNEL)
    try:
        await asyncio.wait_for(heard.wait(), HEAR_SECONDS)
    except TimeoutError:
        return False
    return True


def takes_any_host(url: str) -> bool:
    """Tell whether an address names several hosts and does not ask for the one that takes writes."""
    wanted = parse_qs(urlsplit(url).query).get("target_session_attrs", [])
    return len(each_host(url)) > 1 and not {"read-write", "primary"} & set(wanted)
