"""What may stand between the services and PostgreSQL, and what the doctor says of it."""

from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from cli.doctor.databases import database_checks
from cli.doctor.facts import Facts
from cli.doctor.gathering.servers import look_at_database
from runtime.embedded import ports
from tests.conftest import PASSWORD, Databases
from tests.faults.between import HOST, between, haproxy

IGNORED = (
    "search_path,timezone,idle_in_transaction_session_timeout,client_connection_check_interval,"
    "random_page_cost,jit"
)
"""What a session of a service asks for and pgbouncer does not know."""


def bouncing(databases: Databases, port: int, mode: str, ignored: str) -> str:
    """Return the configuration of a pgbouncer before one database."""
    where = f"host={HOST} port={databases.server.port} user=postgres password={PASSWORD}"
    return f"""[databases]
{databases.name} = {where}
[pgbouncer]
listen_addr = {HOST}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = {ignored}
"""


async def codes(databases: Databases, port: int) -> set[str]:
    """Return what the doctor finds of a database by way of a port, but for how it is set up in tests."""
    url = f"postgresql://postgres:{PASSWORD}@{HOST}:{port}/{databases.name}"
    found = await look_at_database(url, None, lambda: datetime.now(UTC))
    return {one.code for one in database_checks(Facts(databases=[found]))} - {"unsafe", "superuser"}


@pytest.fixture
def folder(server_home: Path) -> Path:
    """A directory that any account can read."""
    found = server_home / f"between-{ports.pick(HOST)}"
    found.mkdir(mode=0o755)
    return found


async def test_haproxy_stands_in_nobodys_way(databases: Databases, folder: Path) -> None:
    """Bytes are passed on as they are: sessions, statements and notifications work."""
    port = ports.pick(HOST)
    server = f"server one {HOST}:{databases.server.port} check"
    async with between("haproxy", haproxy(port, server), folder, port):
        assert set() == await codes(databases, port)


@pytest.mark.parametrize("mode", ["transaction", "session"])
@pytest.mark.parametrize("ignored", ["extra_float_digits", IGNORED])
async def test_a_pooler_that_drops_settings_is_found(
    databases: Databases, folder: Path, mode: str, ignored: str
) -> None:
    """Refused or ignored, a service without its schema finds no table: the doctor names the pooler."""
    port = ports.pick(HOST)
    async with between("pgbouncer", bouncing(databases, port, mode, ignored), folder, port):
        assert {"pooler"} == await codes(databases, port)


async def test_a_pooler_that_loses_notifications_is_found(databases: Databases, folder: Path) -> None:
    """Where sessions change with each transaction LISTEN is granted and nothing is ever heard."""
    connection = await asyncpg.connect(databases.admin)
    try:
        # As if a pooler had kept it.
        await connection.execute(f'ALTER DATABASE "{databases.name}" SET search_path = docwatch_doctor')
    finally:
        await connection.close()
    port = ports.pick(HOST)
    async with between("pgbouncer", bouncing(databases, port, "transaction", IGNORED), folder, port):
        assert {"deaf"} == await codes(databases, port)
