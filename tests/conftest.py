"""Real servers for the tests: one nats-server and one PostgreSQL a worker, clean state a test."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import nats
import pytest
from hypothesis import HealthCheck, settings
from nats.aio.client import Client

from cli.installation.provisioning import provision_database, provision_streams
from contracts.logins import PROVISION
from contracts.services import SERVICES
from contracts.streams import BUCKETS, STREAMS
from runtime.embedded import EmbeddedNats, EmbeddedPostgres, NatsUser

PASSWORD = secrets.token_hex(8)
# A database for each test fills the log, whose new files are written twice; a log-in is made of iterations.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "128MB",
    "scram_iterations": "1",
    "synchronous_commit": "off",
    "wal_init_zero": "off",
}
FAULTS = Path(__file__).parent / "faults"
MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of its own is made there
ROOM_BYTES = 2 * 1024**3
"""What two workers' servers take at most, with room to spare."""
STORE_LIMIT = "64G"
"""More than the streams may take together: by itself a server promises no more than its disk has."""

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test of a fault that `make test` would not find, for it looks in one folder."""
    found = [item for item in items if item.get_closest_marker("faults")]
    astray = [item.nodeid for item in found if FAULTS not in item.path.parents]
    if astray:
        raise pytest.UsageError(f"tests marked `faults` belong in tests/faults: {', '.join(astray)}")


@dataclass(frozen=True)
class Databases:
    """One fresh database with every schema provisioned."""

    server: EmbeddedPostgres
    name: str

    @property
    def admin(self) -> str:
        """The superuser's address."""
        return self.server.url(database=self.name)

    def url(self, service: str) -> str:
        """The address by which a service's role reaches it."""
        return self.server.url(SERVICES[service].role, PASSWORD, self.name)


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A directory for servers that PostgreSQL's own account can enter, in memory where there is room.

    A database for each test costs ten times as much on a disk, and no server here is to survive anything.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    home = Path(tempfile.mkdtemp(prefix="docwatch-test-", dir=MEMORY if roomy else None))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """The event loop that owns the servers of this worker."""
    with asyncio.Runner() as found:
        yield found


@pytest.fixture(scope="session")
def nats_server(server_home: Path, runner: asyncio.Runner) -> Iterator[EmbeddedNats]:
    """The worker's nats-server; do not stop it, make your own for that.

    All its users may do everything but `operator`, who has the rights of the login that provisions.
    """
    users = [NatsUser(name, PASSWORD) for name in ("provision", *SERVICES)]
    users.append(NatsUser("operator", PASSWORD, PROVISION.publish, PROVISION.subscribe, PROVISION.answers))
    server = EmbeddedNats(server_home / "nats", users=users, sync_always=False, store_limit=STORE_LIMIT)
    runner.run(server.start())
    yield server
    runner.run(server.stop())


@pytest.fixture(scope="session")
def postgres_server(server_home: Path, runner: asyncio.Runner) -> Iterator[EmbeddedPostgres]:
    """The worker's PostgreSQL, with a provisioned template database; do not stop it."""
    server = EmbeddedPostgres(server_home / "postgres", password=PASSWORD, settings=FAST)
    runner.run(server.start())
    runner.run(_make_template(server))
    yield server
    runner.run(server.stop())


async def _admin(server: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(server.url(database="postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _make_template(server: EmbeddedPostgres) -> None:
    await _admin(server, f"ALTER ROLE postgres PASSWORD '{PASSWORD}'")  # the cheap one of the settings
    await _admin(server, "CREATE DATABASE template_docwatch")
    await provision_database(server.url(database="template_docwatch"), dict.fromkeys(SERVICES, PASSWORD))


@pytest.fixture
async def databases(postgres_server: EmbeddedPostgres) -> AsyncIterator[Databases]:
    """A fresh provisioned database for one test."""
    async with fresh_database(postgres_server) as found:
        yield found


@asynccontextmanager
async def fresh_database(postgres_server: EmbeddedPostgres) -> AsyncIterator[Databases]:
    """Make a provisioned database for the length of the block."""
    name = f"test_{secrets.token_hex(6)}"
    await _admin(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE template_docwatch STRATEGY FILE_COPY')
    yield Databases(postgres_server, name)
    await _admin(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def nats_url(nats_server: EmbeddedNats) -> str:
    """The address of a nats-server with fresh, empty streams and consumers."""
    url = nats_server.url("provision")
    client = await nats.connect(url)
    js = client.jetstream()
    known = {info.config.name for info in await js.streams_info()}
    for name in (*(stream.name for stream in STREAMS), *(bucket.stream for bucket in BUCKETS)):
        if name in known:
            await js.delete_stream(name)
    await client.close()
    await provision_streams(url)
    return url


@pytest.fixture
async def nats_client(nats_url: str) -> AsyncIterator[Client]:
    """A connection to the worker's nats-server with fresh streams."""
    client = await nats.connect(nats_url)
    yield client
    await client.close()
