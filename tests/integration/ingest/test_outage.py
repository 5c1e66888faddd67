"""NATS stopped, killed or full: the answer is 503 and the same request again is safe."""

import os
import secrets
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import nats
import pytest

from cli.installation.provisioning import provision_streams
from contracts.streams import STAGES
from runtime.embedded import EmbeddedNats, NatsUser
from runtime.errors import StartError
from tests.faults.proxy import address_of, proxied
from tests.integration.ingest.conftest import OPS, Bench, event, stored
from tests.waiting import until

ONE = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
DEADLINE = 30


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedNats]:
    """A nats-server of one's own, to break."""
    found = EmbeddedNats(tmp_path / "nats", users=[NatsUser("ingest", secrets.token_hex(8))])
    await found.start()
    await provision_streams(found.url("ingest"))
    yield found
    await found.stop()


async def stored_count(server: EmbeddedNats) -> int:
    """Return how many messages the stream holds."""
    client = await nats.connect(server.url("ingest"))
    try:
        return len(await stored(client))
    finally:
        await client.close()


async def test_a_stopped_server_means_unknown_and_the_retry_is_safe(
    server: EmbeddedNats, bench: Bench
) -> None:
    """What was on its way when the server hung is stored once, however often it is sent again."""
    pid = server.pid
    batch = [event("e-1"), event("e-2")]

    async with bench.open(server.url("ingest"), publish_wait=0.3) as client:
        await client.post("/v1/events", json=event("e-0"), headers=ONE)
        os.kill(pid, signal.SIGSTOP)
        try:
            unknown = await client.post("/v1/events", json=batch, headers=BATCH)
        finally:
            os.kill(pid, signal.SIGCONT)
        again = await until_accepted(client, batch)

    assert (503, "5") == (unknown.status_code, unknown.headers["retry-after"])
    assert 2 == again["accepted"] + again["duplicates"]
    assert 3 == await stored_count(server)


async def test_a_killed_server_means_unknown_until_it_is_back(server: EmbeddedNats, bench: Bench) -> None:
    """While there is no server the answer comes at once, and ingest finds the new one by itself."""
    async with bench.open(server.url("ingest"), publish_wait=2) as client:
        await client.post("/v1/events", json=event("e-0"), headers=ONE)
        await server.stop()
        unknown = await client.post("/v1/events", json=event("e-1"), headers=ONE)
        ready = await client.get(f"{OPS}/readyz")
        health = await client.get("/healthz")
        await server.start()
        again = await until_accepted(client, [event("e-0"), event("e-1")])

    assert [503, 503, 200] == [one.status_code for one in (unknown, ready, health)]
    assert 2 == again["accepted"] + again["duplicates"]
    assert 2 == await stored_count(server)


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_break_while_a_post_is_in_work_is_not_noticed_outside(
    server: EmbeddedNats, bench: Bench, *, arrives: bool
) -> None:
    """Where the connection breaks and comes back in time the answer is 202, and the event is stored once."""
    async with (
        proxied(address_of(server.url("ingest"))) as line,
        bench.open(line.through(server.url("ingest")), publish_wait=DEADLINE) as client,
    ):
        trap = line.trap(b"docwatch.stage.v1", arrives=arrives)
        answer = await client.post("/v1/events", json=event("e-1"), headers=ONE)

    assert (1, 202) == (trap.sprung, answer.status_code)
    assert 1 == await stored_count(server)


async def test_a_full_stream_accepts_nothing_falsely(server: EmbeddedNats, bench: Bench) -> None:
    """A stream that has no room refuses, and the answer is 503."""
    async with bench.open(server.url("ingest")) as client:
        admin = await nats.connect(server.url("ingest"))
        config = (await admin.jetstream().stream_info("STAGES")).config
        config.max_bytes = 64
        await admin.jetstream().update_stream(config)
        await admin.close()
        answer = await client.post("/v1/events", json=event(), headers=ONE)

    assert 503 == answer.status_code


async def test_ingest_refuses_to_start_on_drift(server: EmbeddedNats, bench: Bench) -> None:
    """A stream that is not as it must be stops the start with a sentence that says what to do."""
    admin = await nats.connect(server.url("ingest"))
    await admin.jetstream().delete_stream(STAGES.name)
    await admin.close()

    with pytest.raises(StartError, match="stream STAGES does not exist; run: docwatch provision"):
        async with bench.open(server.url("ingest")):
            pass


async def until_accepted(client: httpx.AsyncClient, batch: list[dict[str, object]]) -> dict[str, int]:
    """Send the identical batch again until it is accepted, as a publisher must."""

    async def accepted() -> dict[str, int] | None:
        answer = await client.post("/v1/events", json=batch, headers=BATCH)
        if answer.status_code == 202:
            found: dict[str, int] = answer.json()
            return found
        assert 503 == answer.status_code
        return None

    return await until(accepted, within=DEADLINE, every=0.05)
