import asyncio
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from cli.installation.provisioning import provision_streams
from contracts.streams import OUTCOME_SUBJECT, OUTCOMES
from runtime.embedded import EmbeddedNats, NatsUser
from runtime.messaging import stream_writer as publishing
from runtime.messaging.stream_writer import (
    Outgoing,
    Stored,
    StreamWriter,
    Unknown,
)
from tests.conftest import PASSWORD
from tests.integration.runtime.outgoing import messages


async def test_results_are_in_the_order_of_the_messages(nats_client: Client) -> None:
    """Each message has its own place in the stream, whoever publishes beside it."""
    writer = StreamWriter(nats_client)

    one, other = await asyncio.gather(writer.publish(messages(300)), writer.publish(messages(300, "n")))

    js = nats_client.jetstream()
    for found in (one, other):
        places = [result.sequence for result in found if isinstance(result, Stored)]
        assert 300 == len(places)
        assert sorted(places) == places
        assert b"299" == (await js.get_msg(OUTCOMES.name, places[-1])).data


async def test_more_than_may_be_in_flight_all_arrive(
    nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever publishes more at once than may be in flight waits for room, and nothing is lost."""
    monkeypatch.setattr(publishing, "MOST_IN_FLIGHT", 10)
    writer = StreamWriter(nats_client)
    most = 0

    async def heard(message: Msg) -> None:
        nonlocal most
        most = max(most, len(writer._flying))
        await hear(message)

    hear = writer._heard
    monkeypatch.setattr(writer, "_heard", heard)

    found = await asyncio.gather(*(writer.publish(messages(100, f"r{number}")) for number in range(3)))

    assert all(isinstance(one, Stored) for results in found for one in results)
    assert 10 == most
    assert {} == writer._flying


async def test_what_was_there_before_is_a_duplicate(nats_client: Client) -> None:
    """A message id within the stream's window is stored once and said so."""
    writer = StreamWriter(nats_client)
    await writer.publish(messages(2))

    found = await writer.publish(messages(3))

    assert [True, True, False] == [isinstance(one, Stored) and one.duplicate for one in found]


async def test_one_that_cannot_be_sent_stops_no_other(nats_client: Client) -> None:
    """A message that is too large, or that no stream takes, is unknown soon; the others are stored."""
    large = Outgoing(OUTCOME_SUBJECT, "large", b"x" * (nats_client.max_payload + 1))
    given = [*messages(1), large, *messages(1, subject="nobody.listens"), *messages(1, "last")]

    async with asyncio.timeout(15):
        found = await StreamWriter(nats_client, wait=30).publish(given)

    assert [Stored, Unknown, Unknown, Stored] == [type(one) for one in found]
    assert Unknown("no stream takes the subject") == found[2]


async def test_an_outage_makes_unknown_and_then_all_is_stored(tmp_path: Path) -> None:
    """While the server is away nothing is called stored or failed; afterwards the same goes through."""
    server = EmbeddedNats(tmp_path / "nats", users=[NatsUser("provision", PASSWORD)], sync_always=False)
    await server.start()
    try:
        await provision_streams(server.url("provision"))
        back = asyncio.Event()

        async def reconnected() -> None:
            back.set()

        client = await nats.connect(
            server.url("provision"),
            reconnect_time_wait=0.05,
            max_reconnect_attempts=-1,
            reconnected_cb=reconnected,
        )
        writer = StreamWriter(client, wait=0.2)
        before = await writer.publish(messages(1))
        await server.stop()

        during = await writer.publish(messages(2))
        await server.start()
        async with asyncio.timeout(20):
            await back.wait()
        after = await writer.publish(messages(2))
        await client.close()
    finally:
        await server.stop()

    assert [Stored] == [type(one) for one in before]
    assert [Unknown, Unknown] == [type(one) for one in during]
    assert [Stored, Stored] == [type(one) for one in after]
