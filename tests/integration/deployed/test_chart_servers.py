"""Servers as the chart asks for them: NATS by the values for its chart, PostgreSQL with its owner."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from cli.installation.provisioning import provision_database
from contracts.logins import LOGINS
from contracts.services import SERVICES
from contracts.streams import BUCKETS, CONSUMERS, STREAMS
from deploy.helm import nats_values
from deploy.helm.rendering import CASES, rendered_case
from runtime.embedded import EmbeddedPostgres
from runtime.messaging.provision import drift
from tests.conftest import FAST, PASSWORD
from tests.faults.chart_nats import chart_nodes


async def test_three_nodes_take_our_streams_in_three_copies(tmp_path: Path) -> None:
    """NATS with our values has room for every stream, three times, made by the login `provision`."""
    async with chart_nodes(tmp_path) as nodes:
        client = await nodes.connect()
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
