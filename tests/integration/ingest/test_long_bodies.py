"""Long and compressed bodies: lines without end in bounded memory, gzip that cannot become a flood."""

import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from nats.aio.client import Client

from runtime.database.postgres import Pool
from services.ingest.events.answers import MOST_LISTED
from services.ingest.keys.api_keys import create_key
from tests.integration.ingest.conftest import PUBLISHER, Bench, event

ONE = {"Content-Type": "application/cloudevents+json"}
LINES = {"Content-Type": "application/x-ndjson"}
GZIP = {"Content-Encoding": "gzip"}


async def test_lines_may_be_of_any_number(ingest: httpx.AsyncClient, nats_client: Client) -> None:
    """More lines than a batch may have, in pieces that end anywhere, are all taken in."""
    body = "\n".join(json.dumps(event(f"e-{number}")) for number in range(2500)).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 9973):
            yield body[start : start + 9973]

    answer = await ingest.post("/v1/events", content=pieces(), headers=LINES)

    assert (202, 2500) == (answer.status_code, answer.json()["accepted"])
    assert 2500 == (await nats_client.jetstream().stream_info("STAGES")).state.messages


async def test_what_is_said_of_many_lines_is_capped_and_counted(ingest: httpx.AsyncClient) -> None:
    """The lists hold the first findings with their place in the whole, and tell how many they leave out."""
    body = b"\n{\n" * (MOST_LISTED + 7)

    answer = (await ingest.post("/v1/events", content=body, headers=LINES)).json()

    assert (0, MOST_LISTED) == (answer["accepted"], len(answer["rejected"]))
    assert {"warnings": 0, "rejected": 7, "errors": 0} == answer["left_out"]
    assert list(range(MOST_LISTED)) == [one["index"] for one in answer["rejected"]]


async def test_a_line_has_a_limit(ingest: httpx.AsyncClient) -> None:
    """A line longer than an event may be ends the request."""
    answer = await ingest.post("/v1/events", content=b" " * (1024 * 1024 + 1), headers=LINES)

    assert 413 == answer.status_code


@pytest.mark.parametrize("parts", [1, 3])
async def test_a_compressed_body_is_read(ingest: httpx.AsyncClient, parts: int) -> None:
    """Gzip, in one member or several, is the same body."""
    body = json.dumps(event()).encode()
    step = len(body) // parts + 1
    packed = b"".join(gzip.compress(body[at : at + step]) for at in range(0, len(body), step))

    answer = await ingest.post("/v1/events", content=packed, headers={**ONE, **GZIP})

    assert (202, 1) == (answer.status_code, answer.json()["accepted"])


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(b" " * (64 * 1024 * 1024)), "gzip", 413),
        (gzip.compress(json.dumps(event()).encode())[:-9], "gzip", 400),
        (b"not gzip", "gzip", 400),
        (b"", "gzip", 400),
        (b"{}", "br", 415),
    ],
)
async def test_compression_is_bounded_and_checked(
    ingest: httpx.AsyncClient, body: bytes, encoding: str, status: int
) -> None:
    """A flood, a broken one and an unknown kind are refused without being unpacked whole."""
    answer = await ingest.post("/v1/events", content=body, headers={**ONE, "Content-Encoding": encoding})

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])


async def test_an_answer_says_what_is_left_of_the_rate(ingest: httpx.AsyncClient) -> None:
    """The fields of the RateLimit draft tell the quota, its window and the rest."""
    answer = await ingest.post("/v1/events", json=event(), headers=ONE)

    assert '"default";q=200000;w=10' == answer.headers["ratelimit-policy"]
    assert '"default";r=' == answer.headers["ratelimit"][:12]


async def test_a_limited_key_sends_only_what_it_is_for(nats_url: str, bench: Bench, pool: Pool) -> None:
    """Other documents, other offices and no office at all are rejected with a pointer."""
    _, secret = await create_key(pool, PUBLISHER, documents=["id_card"], offices=["kyiv-1"])
    batch = [
        event("e-0", office="kyiv-1"),
        event("e-1", office="lviv-1"),
        event("e-2"),
        event("e-3", document_type="foreign_passport", office="kyiv-1"),
    ]

    async with bench.open(nats_url, key=secret) as api:
        kind = {"Content-Type": "application/cloudevents-batch+json"}
        answer = (await api.post("/v1/events", json=batch, headers=kind)).json()

    assert 1 == answer["accepted"]
    assert [(1, "/data/office"), (2, "/data/office"), (3, "/data/document_type")] == [
        (one["index"], one["errors"][0]["pointer"]) for one in answer["rejected"]
    ]
