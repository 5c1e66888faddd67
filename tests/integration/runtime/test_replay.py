"""Streams read again, and what they hold not published twice."""

from datetime import UTC, datetime, timedelta

from nats.aio.client import Client

from cli.installation.provisioning import provision_streams
from contracts.streams import OUTCOME_SUBJECT, OUTCOMES, STAGE_SUBJECT, STAGES, TRACKER_STAGES
from runtime.messaging.replay import (
    DeduplicatingWriter,
    begin_again,
    behind,
    identities,
    since,
)
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter


async def test_what_a_stream_holds_is_not_published_again(nats_client: Client) -> None:
    """Known messages count as stored and go nowhere, whatever the stream's own window; the others go out."""
    wanted = [Outgoing(OUTCOME_SUBJECT, name, name.encode()) for name in ("old", "new", "older")]

    results = await DeduplicatingWriter(nats_client, known={"old", "older"}).publish(wanted)

    assert [Stored(0, duplicate=True), Stored(1, duplicate=False), Stored(0, duplicate=True)] == results
    assert 1 == (await nats_client.jetstream().stream_info(OUTCOMES.name)).state.messages


async def test_a_stream_is_read_from_an_instant_on(nats_client: Client) -> None:
    """All that is there is read in order, with the ids under which it was published; nothing of later."""
    writer = StreamWriter(nats_client)
    await writer.publish([Outgoing(STAGE_SUBJECT, f"id-{number}", b"x") for number in range(700)])
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)

    found = [identities(batch) async for batch in since(nats_client, STAGES.name, an_hour_ago)]
    later = [batch async for batch in since(nats_client, STAGES.name, datetime.now(UTC) + timedelta(hours=1))]

    assert {f"id-{number}" for number in range(700)} == set().union(*found)
    assert [] == later


async def test_a_consumer_that_began_again_stays_as_it_is(nats_client: Client, nats_url: str) -> None:
    """A consumer set back has everything before it again, and provisioning leaves its beginning alone."""
    await StreamWriter(nats_client).publish([Outgoing(STAGE_SUBJECT, "id", b"x")])

    await begin_again(nats_client, TRACKER_STAGES, datetime.now(UTC) - timedelta(hours=1))
    await provision_streams(nats_url)

    assert 1 == await behind(nats_client, TRACKER_STAGES)
