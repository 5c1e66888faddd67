"""Many messages of one subject go as an atomic batch; whatever becomes of it, each ends up stored once."""

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nats.aio.client import Client

from cli.installation.provisioning import provision_streams
from contracts.streams import OUTCOME_SUBJECT, OUTCOMES, REACH_SUBJECT
from runtime.embedded import EmbeddedNats, NatsUser
from runtime.messaging import batch_threshold
from runtime.messaging import stream_writer as publishing
from runtime.messaging.batch_threshold import MEASUREMENTS, BatchThreshold
from runtime.messaging.stream_writer import (
    BATCH_ID,
    MESSAGE_ID,
    Outgoing,
    Stored,
    StreamWriter,
    Unknown,
)
from tests.conftest import PASSWORD
from tests.integration.runtime.outgoing import FixedThreshold, messages

MANY = 40


def batching(client: Client, fewest: int = MANY, *, wait: float = 5.0) -> StreamWriter:
    """Return a stream writer to which so many are many."""
    return StreamWriter(client, wait=wait, threshold=FixedThreshold(fewest))


async def stored(client: Client) -> list[tuple[str, bool]]:
    """Return the id of each message in the stream, in its order, and whether a batch brought it."""
    js = client.jetstream()
    count = (await js.stream_info(OUTCOMES.name)).state.messages
    found = [(await js.get_msg(OUTCOMES.name, number + 1)).headers or {} for number in range(count)]
    return [(one[MESSAGE_ID], BATCH_ID in one) for one in found]


def ids(sent: Sequence[Outgoing]) -> list[str]:
    return [one.message_id for one in sent]


async def test_many_go_as_one_batch_in_their_order(nats_client: Client) -> None:
    """Many of a subject are one batch, in order, each with its own place; few of another go beside it."""
    many, few = messages(MANY + 5), messages(3, "few", REACH_SUBJECT)
    mixed = [*few[:1], *many, *few[1:]]

    found = await batching(nats_client).publish(mixed)

    kept = await stored(nats_client)
    assert ids(mixed) == [kept[one.sequence - 1][0] for one in found if isinstance(one, Stored)]
    assert ids(many) == [name for name, batched in kept if batched]
    assert sorted(ids(few)) == sorted(name for name, batched in kept if not batched)
    assert not any(isinstance(one, Stored) and one.duplicate for one in found)


async def test_fewer_go_one_by_one(nats_client: Client) -> None:
    """What would not make up for the cost of a batch goes without one."""
    await batching(nats_client).publish(messages(MANY - 1))

    assert [False] * (MANY - 1) == [batched for _, batched in await stored(nats_client)]


class RecordingThreshold(BatchThreshold):
    """What a stream writer has measured."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []

    def note(self, count: int, seconds: float) -> None:
        """Take it down."""
        assert 0 <= seconds < 5
        self.counts.append(count)
        super().note(count, seconds)


async def test_what_was_on_its_way_before_is_measured_too(nats_client: Client) -> None:
    """Messages are measured with those before them, unless these are more, and copies are not."""
    noted = RecordingThreshold()
    writer = StreamWriter(nats_client, threshold=noted)

    await writer.publish(messages(40, "alone"))
    await asyncio.gather(*(writer.publish(messages(count, f"r{count}")) for count in (50, 80)))
    await asyncio.gather(*(writer.publish(messages(count, f"r{count}")) for count in (90, 60)))
    await writer.publish(messages(40, "alone"))

    assert [40, 50, 130, 90] == noted.counts


async def test_nothing_is_measured_while_a_batch_is_on_its_way(nats_client: Client) -> None:
    """How long single messages take beside a batch says nothing about the disk."""
    noted = RecordingThreshold()
    noted.fewest = MANY
    few = messages(MANY - 1, "few", REACH_SUBJECT)

    await StreamWriter(nats_client, threshold=noted).publish([*messages(MANY), *few])

    assert [] == noted.counts


async def test_what_waits_for_a_slow_disk_goes_together(nats_client: Client) -> None:
    """Where single messages were found to take long, fewer are a batch."""
    threshold = BatchThreshold()
    for _ in range(MEASUREMENTS):
        threshold.note(100, 0.02)

    await StreamWriter(nats_client, threshold=threshold).publish(messages(threshold.fewest))

    assert [True] * threshold.fewest == [batched for _, batched in await stored(nats_client)]
    assert 50 == threshold.fewest


async def test_a_copy_in_a_batch_is_told_from_the_others(nats_client: Client) -> None:
    """Where the stream has one message of a batch, all others are stored, and only that one is a copy."""
    writer, sent = batching(nats_client), messages(MANY)
    await writer.publish(sent[7:8])

    found = await writer.publish(sent)

    assert [number == 7 for number in range(MANY)] == [
        isinstance(one, Stored) and one.duplicate for one in found
    ]
    assert sorted(ids(sent)) == sorted(name for name, _ in await stored(nats_client))


async def test_a_stream_that_takes_no_batches_takes_the_messages(nats_client: Client) -> None:
    """Where an older version has provisioned the stream, all is stored nevertheless."""
    js = nats_client.jetstream()
    config = (await js.stream_info(OUTCOMES.name)).config
    await js.update_stream(replace(config, allow_atomic=False))

    found = await batching(nats_client).publish(messages(MANY))

    assert [Stored] * MANY == [type(one) for one in found]
    assert [(name, False) for name in ids(messages(MANY))] == await stored(nats_client)


async def test_more_batches_than_may_be_at_once_go_one_by_one(
    nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds all places taken does not wait for one."""
    monkeypatch.setattr(publishing, "MOST_BATCHES", 1)
    writer = batching(nats_client)

    found = await asyncio.gather(*(writer.publish(messages(MANY, f"r{number}")) for number in range(3)))

    assert [Stored] * 3 * MANY == [type(one) for some in found for one in some]
    kept = await stored(nats_client)
    assert MANY == sum(batched for _, batched in kept)
    assert 3 * MANY == len({name for name, _ in kept})


async def test_one_that_is_too_large_stops_no_other(nats_client: Client) -> None:
    """A batch with a message that cannot be sent is given up; the others are stored."""
    large = Outgoing(OUTCOME_SUBJECT, "large", b"x" * (nats_client.max_payload + 1))

    found = await batching(nats_client).publish([*messages(MANY), large])

    assert [*[Stored] * MANY, Unknown] == [type(one) for one in found]
    assert ids(messages(MANY)) == [name for name, _ in await stored(nats_client)]


# Every example has message ids of its own, so that they may share the streams.
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from([OUTCOME_SUBJECT, REACH_SUBJECT]), st.integers(0, 40)), max_size=60)
)
async def test_every_message_has_its_own_result(nats_client: Client, drawn: list[tuple[str, int]]) -> None:
    """Each result of a mixture with copies says where its own message is and whether it is a copy."""
    run = uuid4().hex
    sent = [Outgoing(subject, f"{run}-{name}", f"{run}-{name}".encode()) for subject, name in drawn]
    js = nats_client.jetstream()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_threshold, "MOST_IN_BATCH", 8)
        found = await batching(nats_client, 3).publish(sent)

    places = [one.sequence for one in found if isinstance(one, Stored)]
    assert len(sent) == len(places)
    for one, place in zip(sent, places, strict=True):
        assert one.payload == (await js.get_msg(OUTCOMES.name, place)).data
    fresh = [one for one in found if isinstance(one, Stored) and not one.duplicate]
    assert len(set(places)) == len(set(ids(sent))) == len(fresh)


async def test_a_batch_of_unknown_fate_is_stored_once_in_the_end(tmp_path: Path) -> None:
    """A server that hangs makes all of a batch unknown; publishing the same again leaves each there once."""
    server = EmbeddedNats(tmp_path / "nats", users=[NatsUser("provision", PASSWORD)], sync_always=True)
    await server.start()
    try:
        await provision_streams(server.url("provision"))
        client = await nats.connect(server.url("provision"), ping_interval=60)
        writer = batching(client, wait=0.5)
        await writer.publish(messages(1, "first"))
        os.kill(server.pid, signal.SIGSTOP)

        during = await writer.publish(messages(MANY))
        os.kill(server.pid, signal.SIGCONT)
        after = await batching(client, wait=20).publish(messages(MANY))
        kept = await stored(client)
        await client.close()
    finally:
        await server.stop()

    assert [Unknown] * MANY == [type(one) for one in during]
    assert [Stored] * MANY == [type(one) for one in after]
    assert ["first-0", *ids(messages(MANY))] == [name for name, _ in kept]
