"""Servers as the chart asks for them: NATS by the values for its chart, PostgreSQL with its owner."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import nats
import pytest

from cli.installation.provisioning import provision_database, provision_streams
from contracts.logins import LOGINS
from contracts.services import SERVICES
from contracts.streams import BUCKETS, CONSUMERS, STREAMS
from deploy.helm import nats_values
from deploy.helm.rendering import CASES, rendered_case
from deploy.helm.services import Json
from runtime.embedded import EmbeddedPostgres, binaries, ports
from runtime.messaging.provision import drift
from runtime.messaging.tls import tls_options
from tests.conftest import FAST, PASSWORD
from tests.integration.deployed.server import environment, make_secrets
from tests.waiting import until

HOST = "127.0.0.1"


def configuration(home: Path, secrets: Path, number: int, clients: int, routes: list[int]) -> Path:
    """Write what the official chart makes of our values, on this machine; return the file.

    The chart joins its own configuration with `merge`, and writes what stands between angles without quotes.
    """
    config = nats_values.values()["config"]
    store: Json = {
        "store_dir": str(home / f"store-{number}"),
        "max_file_store": f"<< {config['jetstream']['fileStore']['pvc']['size']} >>",
        **config["jetstream"]["merge"],
    }
    made: Json = {
        "server_name": f"nats-{number}",
        "listen": f"{HOST}:{clients}",
        "cluster": {
            "name": "nats",
            "listen": f"{HOST}:{routes[number]}",
            "routes": [f"nats://{HOST}:{port}" for port in routes],
        },
        "jetstream": store,
        "tls": {
            "cert_file": str(secrets / "nats_certificate"),
            "key_file": str(secrets / "nats_key"),
            **config["nats"]["tls"]["merge"],
        },
        **config["merge"],
    }
    file = home / f"nats-{number}.conf"
    file.write_text(re.sub(r'"<< (.*?) >>"', r"\1", json.dumps(made)))
    return file


@asynccontextmanager
async def three_nodes(home: Path) -> AsyncIterator[tuple[Path, str]]:
    """Run the three servers; yield the folder of their secrets and the address of one for `provision`."""
    secrets = make_secrets(home)
    clients, routes = [ports.pick(HOST) for _ in range(3)], [ports.pick(HOST) for _ in range(3)]
    async with AsyncExitStack() as stack:
        for number in range(3):
            file = configuration(home, secrets, number, clients[number], routes)
            process = await asyncio.create_subprocess_exec(
                *(str(binaries.nats_server()), "--config", str(file), "--log", str(home / f"{number}.log")),
                env=environment(secrets, home),
                stderr=asyncio.subprocess.DEVNULL,
            )
            stack.push_async_callback(process.wait)
            stack.callback(process.terminate)
        password = (secrets / "provision_nats_password").read_text()
        yield secrets, f"tls://provision:{password}@localhost:{clients[0]}"


async def test_three_nodes_take_our_streams_in_three_copies(tmp_path: Path) -> None:
    """NATS with our values has room for every stream, three times, made by the login `provision`."""
    async with three_nodes(tmp_path) as (secrets, url):

        async def provisioned() -> bool:
            try:
                await provision_streams(url, ca=secrets / "nats_ca", replicas=3)
            except (OSError, nats.errors.Error, nats.js.errors.ServiceUnavailableError):
                return False  # no leader yet
            return True

        await until(provisioned, within=40, every=0.2)
        client = await nats.connect(
            url, inbox_prefix=b"_INBOX_provision", **tls_options(url, secrets / "nats_ca")
        )
        try:
            streams = {
                one.config.name: one.config.num_replicas for one in await client.jetstream().streams_info()
            }
            differing = await drift(client.jetstream(), STREAMS, CONSUMERS)
        finally:
            await client.close()

    assert {one.name: 3 for one in STREAMS} | {one.stream: 3 for one in BUCKETS} == streams
    assert [] == differing


def test_each_login_has_a_password_of_its_own() -> None:
    """Every login of the table is a user of NATS, whose password is a key of the Secret."""
    values = nats_values.values()
    keys = {name: one["valueFrom"]["secretKeyRef"]["key"] for name, one in values["container"]["env"].items()}
    users = {one["user"]: one["password"] for one in values["config"]["merge"]["authorization"]["users"]}

    assert {one.name for one in LOGINS} == set(users) == set(keys.values())
    assert {f"<< ${name} >>": key for name, key in keys.items()} == {
        word: user for user, word in users.items()
    }


@pytest.fixture
async def owned(server_home: Path) -> AsyncIterator[tuple[EmbeddedPostgres, str]]:
    """PostgreSQL with the database and the owner of the chart's Cluster; the owner's address."""
    (cluster,) = [one for one in rendered_case(CASES["nation"]) if one["kind"] == "Cluster"]
    initdb, (owner,) = cluster["spec"]["bootstrap"]["initdb"], cluster["spec"]["managed"]["roles"]
    assert (initdb["owner"], False) == (owner["name"], owner["superuser"])
    server = EmbeddedPostgres(server_home / "chart-postgres", password=PASSWORD, settings=FAST)
    await server.start()
    try:
        connection = await asyncpg.connect(server.url(database="postgres"))
        creates = "CREATEROLE" if owner["createrole"] else "NOCREATEROLE"
        await connection.execute(f"CREATE ROLE {owner['name']} LOGIN {creates} PASSWORD '{PASSWORD}'")
        await connection.execute(f"ALTER DATABASE {initdb['database']} OWNER TO {owner['name']}")
        await connection.close()
        yield server, server.url(owner["name"], PASSWORD, initdb["database"])
    finally:
        await server.remove()


async def test_the_owner_of_the_database_provisions(owned: tuple[EmbeddedPostgres, str]) -> None:
    """Who owns the chart's database, no superuser, can provision it, twice, and each service gets in."""
    server, address = owned
    passwords = dict.fromkeys(SERVICES, PASSWORD)

    first = await provision_database(address, passwords)
    second = await provision_database(address, passwords)

    assert all(first[one] for one in SERVICES)
    assert {one: [] for one in SERVICES} == second
    for one in SERVICES:
        connection = await asyncpg.connect(server.url(SERVICES[one].role, PASSWORD))
        try:
            assert await connection.fetchval("SELECT has_schema_privilege($1, 'USAGE')", one)
        finally:
            await connection.close()
