"""Streams saved into files and loaded from them, by a real server and the login that may do so."""

from pathlib import Path

import nats
import pytest
from nats.aio.client import Client

from contracts.streams import STAGE_SUBJECT, STAGES, TRACKER_STAGES
from runtime.embedded import EmbeddedNats
from runtime.messaging import snapshots

BODY = bytes(range(256)) * 40


async def _filled(client: Client, count: int) -> list[tuple[int, bytes, object, object]]:
    """Put messages into STAGES, acknowledge every third, and return what the stream holds."""
    js = client.jetstream()
    for number in range(count):
        await js.publish(STAGE_SUBJECT, BODY + str(number).encode(), headers={"Nats-Msg-Id": str(number)})
    reader = await js.pull_subscribe_bind(TRACKER_STAGES.durable, STAGES.name)
    for message in (await reader.fetch(count))[::3]:
        await message.ack_sync()
    await reader.unsubscribe()
    return await _held(client)


async def _held(client: Client) -> list[tuple[int, bytes, object, object]]:
    js = client.jetstream()
    found: list[tuple[int, bytes, object, object]] = []
    for number in range(1, (await js.stream_info(STAGES.name)).state.last_seq + 1):
        message = await js.get_msg(STAGES.name, number)
        assert message.seq is not None
        found.append((message.seq, message.data or b"", message.headers, message.time))
    return found


async def test_a_stream_comes_back_as_it_was(
    nats_server: EmbeddedNats, nats_client: Client, tmp_path: Path
) -> None:
    """Numbers, times, ids and bodies of messages and what a consumer has acknowledged are as saved."""
    before = await _filled(nats_client, 60)
    consumer = await nats_client.jetstream().consumer_info(STAGES.name, TRACKER_STAGES.durable)
    operator = await nats.connect(nats_server.url("operator"))
    try:
        saved = await snapshots.save(operator, STAGES.name, tmp_path / "stages")
        await operator.jetstream().delete_stream(STAGES.name)
        await snapshots.load(operator, saved, tmp_path / "stages")
    finally:
        await operator.close()
    found = await nats_client.jetstream().consumer_info(STAGES.name, TRACKER_STAGES.durable)

    assert before == await _held(nats_client)
    assert consumer.ack_floor is not None
    assert found.ack_floor is not None
    assert consumer.ack_floor.stream_seq == found.ack_floor.stream_seq
    assert (consumer.num_ack_pending, consumer.num_pending) == (found.num_ack_pending, found.num_pending)
    assert consumer.config.ack_wait == found.config.ack_wait


async def test_a_stream_that_exists_is_not_loaded_over(nats_client: Client, tmp_path: Path) -> None:
    """The server refuses, says why, and the stream stays."""
    before = await _filled(nats_client, 3)
    saved = await snapshots.save(nats_client, STAGES.name, tmp_path / "stages")

    with pytest.raises(snapshots.SnapshotError, match="already in use"):
        await snapshots.load(nats_client, saved, tmp_path / "stages")

    assert before == await _held(nats_client)


async def test_a_file_that_is_cut_short_is_found(nats_client: Client, tmp_path: Path) -> None:
    """Half a file makes no stream that would be taken for the whole."""
    await _filled(nats_client, 60)
    path = tmp_path / "stages"
    saved = await snapshots.save(nats_client, STAGES.name, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    await nats_client.jetstream().delete_stream(STAGES.name)

    with pytest.raises(snapshots.SnapshotError):
        await snapshots.load(nats_client, saved, path)


async def test_a_stream_that_is_not_there_cannot_be_saved(nats_client: Client, tmp_path: Path) -> None:
    """The server's own words say what is missing."""
    with pytest.raises(snapshots.SnapshotError, match="stream not found"):
        await snapshots.save(nats_client, "NOWHERE", tmp_path / "nowhere")
