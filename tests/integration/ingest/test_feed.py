"""`GET /v1/outcomes`: in stream order, no gap, no repeat, whatever happens to the processes that copy."""

import asyncio
import random
from collections import Counter

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nats.aio.client import Client

from cli.installation.provisioning import provision_streams
from runtime.database.postgres import Pool
from services.ingest.domain.cursors import Place
from services.ingest.feed.copier import resumed
from services.ingest.feed.store import Checkpoint, FeedStore, OvertakenError
from services.ingest.keys.api_keys import Scope, create_key
from tests import waiting
from tests.integration.ingest.conftest import PUBLISHER, Bench
from tests.integration.ingest.feeding import AT, copying, read_on, tell, until


async def test_a_publisher_reads_what_became_of_its_own_events(
    ingest: httpx.AsyncClient, nats_client: Client, pool: Pool
) -> None:
    """Effects and reach come in order, those of others never, and `next` goes on behind them."""
    for event_id, publisher, reached in [
        ("e-1", PUBLISHER, False),
        ("x", "other", False),
        ("e-1", PUBLISHER, True),
    ]:
        await tell(nats_client, event_id, publisher=publisher, reached=reached)

    async with copying(nats_client, pool, "one"):
        found = await until(ingest, 2)
    page, after = await read_on(ingest, found[-1]["cursor"])

    assert [("e-1", "effect"), ("e-1", "reach")] == [(one["event_id"], one["kind"]) for one in found]
    assert ("advance", "printing") == (found[0]["effect"], found[0]["stage"])
    assert ({"accepted": 2}, 1) == (found[1]["ends"], found[1]["failed"])
    assert ([], found[-1]["cursor"]) == (page, after)


async def test_pages_say_whether_there_is_more(
    ingest: httpx.AsyncClient, nats_client: Client, pool: Pool
) -> None:
    """A full page with more behind it says so."""
    for number in range(3):
        await tell(nats_client, f"e-{number}")
    async with copying(nats_client, pool, "one"):
        await until(ingest, 3)

    pages = [(await ingest.get("/v1/outcomes", params={"limit": limit})).json() for limit in (2, 3)]

    assert [(2, True), (3, False)] == [(len(one["outcomes"]), one["more"]) for one in pages]


@pytest.mark.parametrize("params", [{"after": "nonsense"}, {"after": "Zg"}, {"limit": "0"}, {"limit": "x"}])
async def test_wrong_parameters_are_problems(ingest: httpx.AsyncClient, params: dict[str, str]) -> None:
    """A cursor that the feed did not write and a limit out of bounds are named, without their value."""
    answer = await ingest.get("/v1/outcomes", params=params)

    assert (422, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert [f"/{next(iter(params))}"] == [one["pointer"] for one in answer.json()["errors"]]


async def test_the_feed_wants_its_scope(nats_url: str, bench: Bench, pool: Pool) -> None:
    """A key for events alone reads no outcomes."""
    _, secret = await create_key(pool, PUBLISHER, [Scope.EVENTS])

    async with bench.open(nats_url, key=secret) as api:
        answer = await api.get("/v1/outcomes")

    assert 403 == answer.status_code


async def test_a_message_that_the_stream_holds_twice_is_one_outcome(
    ingest: httpx.AsyncClient, nats_client: Client, nats_url: str, pool: Pool
) -> None:
    """A copy published after the stream forgot the first, and a stream made anew, repeat nothing."""
    async with copying(nats_client, pool, "one"):
        await tell(nats_client, "e-1", message_id="m-1")
        await until(ingest, 1)
        await nats_client.jetstream().delete_stream("OUTCOMES")
        await provision_streams(nats_url)
        await tell(nats_client, "e-1", message_id="m-1")
        await tell(nats_client, "e-2", message_id="m-2")
        found = await until(ingest, 2)

    assert ["e-1", "e-2"] == [one["event_id"] for one in found]


async def test_what_cannot_be_read_does_not_stop_the_feed(
    ingest: httpx.AsyncClient, nats_client: Client, pool: Pool
) -> None:
    """A broken message is left out, what follows it is told."""
    await nats_client.jetstream().publish("docwatch.outcome.v1", b"{}")
    await tell(nats_client, "e-1")

    async with copying(nats_client, pool, "one"):
        found = await until(ingest, 1)

    assert ["e-1"] == [one["event_id"] for one in found]


async def test_nobody_moves_the_checkpoint_without_the_lease(pool: Pool) -> None:
    """A writer whose lease is gone, or whose place was passed, writes nothing."""
    store = FeedStore(pool)

    with pytest.raises(OvertakenError):
        await store.copy(Place(0, 0), Checkpoint(Place(1, 1), AT), [], role="outcomes", token=1)

    assert Place(0, 0) == (await store.checkpoint()).place


@given(st.integers(0, 5), st.integers(0, 50), st.integers(0, 100), st.booleans())
@settings(max_examples=50)
def test_copying_goes_on_or_begins_a_new_life(epoch: int, sequence: int, last: int, same: bool) -> None:  # noqa: FBT001 - drawn
    """Another or a shorter stream is a new epoch from its beginning; the same one goes on."""
    stored = Checkpoint(Place(epoch, sequence), AT)

    found = resumed(stored, AT if same else None, last)

    goes_on = same and last >= sequence
    assert (stored.place if goes_on else Place(epoch + 1, 0)) == found.place


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(one, marks=pytest.mark.long) for one in (2, 3))])
async def test_no_gap_and_no_repeat(
    nats_url: str, bench: Bench, nats_client: Client, pool: Pool, seed: int
) -> None:
    """Several processes copy and are killed at random while readers page at random: each sees all, once."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    wanted = [f"e-{number}" for number in range(300)]
    done = asyncio.Event()

    async def write() -> None:
        for event_id in wanted:
            await tell(nats_client, event_id, publisher=PUBLISHER)
            await tell(nats_client, event_id, publisher="other")

    async def processes(name: str) -> None:
        life = 0
        while not done.is_set():
            life += 1
            async with copying(nats_client, pool, f"{name}-{life}", term=1.5):
                try:
                    await asyncio.wait_for(done.wait(), chance.uniform(0.2, 2.0))
                except TimeoutError:
                    continue

    async def reader(api: httpx.AsyncClient) -> list[str]:
        seen: list[str] = []
        after: str | None = None

        async def all_seen() -> bool:
            nonlocal after
            page, following = await read_on(api, after, chance.randint(1, 40))
            # A reader that dies before it kept the cursor reads the page again.
            if chance.random() < 0.8:
                seen.extend(one["event_id"] for one in page)
                after = following
            return len(seen) >= len(wanted)

        await waiting.until(all_seen, within=90, every=0.01)
        return seen

    async with bench.open(nats_url) as first, bench.open(nats_url) as second, asyncio.timeout(90):
        lives = [asyncio.create_task(processes(name)) for name in ("a", "b", "c")]
        writing = asyncio.create_task(write())
        seen = await asyncio.gather(reader(first), reader(second), reader(first))
        done.set()
        await asyncio.gather(writing, *lives)

    assert [wanted] * 3 == [*seen]
    assert {1} == set(Counter(seen[0]).values())
