"""The connection breaks while acknowledgements are on their way: nobody waits for what does not come."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client

from cli.installation.provisioning import provision_streams
from contracts.streams import OUTCOME_SUBJECT, OUTCOMES
from runtime.embedded import EmbeddedNats, NatsUser
from runtime.messaging.connection_state import ConnectionState
from runtime.messaging.stream_writer import (
    BATCH_COMMIT,
    MESSAGE_ID,
    Stored,
    StreamWriter,
    Unknown,
)
from tests.conftest import PASSWORD
from tests.faults.proxy import Proxy, address_of, proxied
from tests.integration.runtime.outgoing import FixedThreshold, messages

COUNT, NEVER = 40, 1000
LONG = 60.0
"""Seconds for acknowledgements; a test that waited for them would not end in time."""
MARKERS = {"single messages": f"{OUTCOME_SUBJECT} ", "an atomic batch": BATCH_COMMIT}
FEWEST = {"single messages": NEVER, "an atomic batch": COUNT}

pytestmark = pytest.mark.timeout(LONG / 2)


@pytest.fixture
async def proxy(nats_url: str) -> AsyncIterator[Proxy]:
    async with proxied(address_of(nats_url)) as found:
        yield found


@pytest.fixture
def state() -> ConnectionState:
    return ConnectionState()


@asynccontextmanager
async def _connected(url: str, state: ConnectionState) -> AsyncIterator[Client]:
    """Connect a client that tells the state of its breaks."""
    found = await nats.connect(
        url,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.05,
        disconnected_cb=state.disconnected,
        reconnected_cb=state.reconnected,
    )
    yield found
    await found.close()


@pytest.fixture
async def client(nats_url: str, proxy: Proxy, state: ConnectionState) -> AsyncIterator[Client]:
    """A client on the other side of the proxy."""
    async with _connected(proxy.through(nats_url), state) as one:
        yield one


def _writer(client: Client, state: ConnectionState, fewest: int, wait: float = LONG) -> StreamWriter:
    return StreamWriter(client, state, wait=wait, threshold=FixedThreshold(fewest))


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("kind", MARKERS)
async def test_what_was_on_its_way_is_published_again(
    client: Client, nats_client: Client, proxy: Proxy, state: ConnectionState, kind: str, *, arrives: bool
) -> None:
    """As soon as the connection is back all is stored once, whether it arrived before the break or not."""
    writer = _writer(client, state, FEWEST[kind])
    await writer.publish(messages(1, "before"))
    trap = proxy.trap(MARKERS[kind].encode(), arrives=arrives)

    found = await writer.publish(messages(COUNT))

    assert 1 == trap.sprung
    assert all(isinstance(one, Stored) for one in found)
    js = nats_client.jetstream()
    kept = [await js.get_msg(OUTCOMES.name, number + 1) for number in range(COUNT + 1)]
    assert COUNT + 1 == (await js.stream_info(OUTCOMES.name)).state.messages
    assert {f"m-{number}" for number in range(COUNT)} == {(one.headers or {})[MESSAGE_ID] for one in kept[1:]}


@pytest.mark.parametrize("kind", MARKERS)
async def test_a_connection_that_stays_broken_means_unknown_in_time(tmp_path: Path, kind: str) -> None:
    """Where the connection does not come back within the wait, nothing is called stored or failed."""
    server = EmbeddedNats(tmp_path / "nats", users=[NatsUser("provision", PASSWORD)], sync_always=False)
    await server.start()
    try:
        await provision_streams(server.url("provision"))
        state = ConnectionState()
        async with _connected(server.url("provision"), state) as client:
            writer = _writer(client, state, FEWEST[kind], wait=1.0)
            await writer.publish(messages(1, "before"))
            os.kill(server.pid, signal.SIGSTOP)
            publishing = asyncio.create_task(writer.publish(messages(COUNT)))
            await asyncio.sleep(0)  # one turn of the loop, in which it is sent
            os.kill(server.pid, signal.SIGKILL)

            found = await publishing
    finally:
        await server.stop()

    assert [Unknown("the connection to NATS broke before the acknowledgement")] * COUNT == found


async def test_nobody_watches_who_waits_no_longer(client: Client, state: ConnectionState) -> None:
    """What has its result is told nothing of later breaks."""
    await _writer(client, state, COUNT).publish(messages(COUNT + 1))
    await _writer(client, state, NEVER).publish(messages(2, "few"))

    assert set() == state._watchers
