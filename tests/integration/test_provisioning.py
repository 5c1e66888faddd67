import secrets

import asyncpg
import nats
import pytest

from cli.installation.provisioning import provision_database, provision_streams
from contracts.services import SERVICES
from contracts.streams import BUCKETS, CONSUMERS, KNOWLEDGE, OUTCOME_SUBJECT, STREAMS, TRACKER_STAGES
from runtime.embedded import EmbeddedPostgres
from runtime.messaging.provision import drift
from tests.conftest import Databases
from tests.faults.proxy import address_of, proxied


async def test_provisioning_twice_changes_nothing(databases: Databases) -> None:
    """A second provisioning applies no migration."""
    assert await provision_database(databases.admin, {}) == {name: [] for name in SERVICES}


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("marker", [b"COMMIT", b"INSERT INTO schema_migration", b"GRANT"])
async def test_provisioning_goes_on_after_a_failover(
    postgres_server: EmbeddedPostgres, marker: bytes, *, arrives: bool
) -> None:
    """Wherever the connection is lost, before or after the server did it, the schemas end complete."""
    name = f"test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres_server.url(database="postgres"))
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        url = postgres_server.url(database=name)
        async with proxied(address_of(url)) as line:
            trap = line.trap(marker, arrives=arrives, times=3)
            await provision_database(line.through(url), {})
        again = await provision_database(url, {})
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()

    assert trap.sprung == 3
    assert again == {name: [] for name in SERVICES}


async def test_an_address_where_nobody_is_is_told_at_once() -> None:
    """Only who was reached once is waited for."""
    with pytest.raises(ConnectionRefusedError):
        await provision_database("postgresql://x:y@127.0.0.1:9/docwatch", {})


async def test_a_provisioned_server_has_no_drift(nats_url: str) -> None:
    """What provisioning wrote is what the services demand."""
    client = await nats.connect(nats_url)
    try:
        found = await drift(client.jetstream(), STREAMS, CONSUMERS, BUCKETS)
    finally:
        await client.close()

    assert found == []


async def test_drift_names_what_differs(nats_url: str) -> None:
    """A consumer deleted and a stream's limit changed are both named, and provisioning mends them."""
    client = await nats.connect(nats_url)
    js = client.jetstream()
    try:
        await js.delete_consumer(TRACKER_STAGES.stream, TRACKER_STAGES.durable)
        config = (await js.stream_info("OUTCOMES")).config
        config.max_age = 60.0
        config.duplicate_window = 30.0
        config.allow_atomic = False
        config.subjects = [OUTCOME_SUBJECT]
        await js.update_stream(config)
        before = await drift(js, STREAMS, CONSUMERS)
        await provision_streams(nats_url)
        after = await drift(js, STREAMS, CONSUMERS)
    finally:
        await client.close()

    assert before == [
        "stream OUTCOMES does not take in docwatch.called.v1, docwatch.reach.v1",
        "stream OUTCOMES: max_age is 60.0, must be 2592000.0",
        "stream OUTCOMES: duplicate_window is 30.0, must be 600.0",
        "stream OUTCOMES: allow_atomic is None, must be True",
        "consumer tracker of STAGES does not exist",
    ]
    assert after == []


async def test_subjects_of_a_newer_version_are_no_drift(nats_url: str) -> None:
    """A service can be started again once a newer version has provisioned more subjects for its streams."""
    client = await nats.connect(nats_url)
    js = client.jetstream()
    try:
        config = (await js.stream_info("OUTCOMES")).config
        config.subjects = ["docwatch.newer.v1", *reversed(config.subjects or [])]
        await js.update_stream(config)
        found = await drift(js, STREAMS, CONSUMERS)
    finally:
        await client.close()

    assert found == []


async def test_a_bucket_that_differs_is_named_and_mended(nats_url: str) -> None:
    """A bucket that is missing or keeps more than the last value is drift, and provisioning mends it."""
    client = await nats.connect(nats_url)
    js = client.jetstream()
    try:
        config = (await js.stream_info(KNOWLEDGE.stream)).config
        config.max_msgs_per_subject = 5
        await js.update_stream(config)
        changed = await drift(js, [], [], BUCKETS)
        await js.delete_stream(KNOWLEDGE.stream)
        missing = await drift(js, [], [], BUCKETS)
        await provision_streams(nats_url)
        after = await drift(js, [], [], BUCKETS)
    finally:
        await client.close()

    assert ["bucket KV_knowledge: max_msgs_per_subject is 5, must be 1"] == changed
    assert ["bucket KV_knowledge does not exist"] == missing
    assert [] == after


async def test_roles_that_somebody_else_made_are_left(postgres_server: EmbeddedPostgres) -> None:
    """Whoever may make schemas, but not change the services' roles, provisions all the same."""
    name = f"test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres_server.url(database="postgres"))
    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    await admin.execute(f"CREATE DATABASE {name} OWNER {name}")

    applied = await provision_database(postgres_server.url(name, "x", name), {})
    await admin.execute(f"DROP DATABASE {name}")
    await admin.execute(f"DROP ROLE {name}")
    await admin.close()

    assert all(applied.values())
