"""`POST /v1/events` against a real stream: 202 means stored, each item has its own answer."""

from collections.abc import AsyncIterator

import httpx
import pytest
from nats.aio.client import Client

from contracts.messages.stage import STAGE_EVENT
from contracts.streams import STAGE_SUBJECT, STAGES
from services.ingest.events.accept import AcceptEvents
from tests.integration.ingest.conftest import OPS, event, stored

ONE = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


async def test_an_accepted_event_is_in_the_stream_without_its_number(
    ingest: httpx.AsyncClient, nats_client: Client
) -> None:
    """After 202 the stream holds the event, and of the application number only key and tail."""
    answer = await ingest.post("/v1/events", json=event(office="kyiv-1"), headers=ONE)

    assert 202 == answer.status_code
    assert {"accepted": 1, "duplicates": 0, "warnings": [], "rejected": []} == answer.json()
    (body,) = await stored(nats_client)
    message = STAGE_EVENT.validate_json(body)
    assert ("passports", "e-1", "printing", "kyiv-1", "…6789") == (
        message.publisher,
        message.event_id,
        message.stage,
        message.office,
        message.masked,
    )
    assert b"123456789" not in body


async def test_the_same_event_again_is_a_duplicate(ingest: httpx.AsyncClient, nats_client: Client) -> None:
    """A copy, however written, is stored once; another body under the id is not a copy."""
    await ingest.post("/v1/events", json=event(), headers=ONE)

    again = await ingest.post("/v1/events", json=[event(application_number="ав 123456789")], headers=BATCH)
    other = await ingest.post("/v1/events", json=event(stage="shipped"), headers=ONE)

    assert (0, 1) == (again.json()["accepted"], again.json()["duplicates"])
    assert (1, 0) == (other.json()["accepted"], other.json()["duplicates"])
    assert 2 == len(await stored(nats_client))


async def test_each_item_of_a_batch_has_its_own_answer(
    ingest: httpx.AsyncClient, nats_client: Client
) -> None:
    """A bad item is named with index, id and pointer, a strange one with a warning; the others are in."""
    batch = [
        event("e-0"),
        event("e-1", application_number="?"),
        event("e-2", office="atlantis"),
        {"id": "e-3"},
        event("e-4"),
    ]

    answer = await ingest.post("/v1/events", json=batch, headers=BATCH)

    body = answer.json()
    assert (202, 3, 0) == (answer.status_code, body["accepted"], body["duplicates"])
    assert [(2, "e-2", "/data/office")] == [
        (one["index"], one["id"], one["pointer"]) for one in body["warnings"]
    ]
    assert [(1, "e-1"), (3, "e-3")] == [(one["index"], one["id"]) for one in body["rejected"]]
    assert [["/data/application_number"], ["/specversion", "/type", "/source", "/time", "/data"]] == [
        [error["pointer"] for error in one["errors"]] for one in body["rejected"]
    ]
    ids = [STAGE_EVENT.validate_json(one).event_id for one in await stored(nats_client)]
    assert ["e-0", "e-2", "e-4"] == ids


async def test_a_single_bad_event_is_a_problem(ingest: httpx.AsyncClient) -> None:
    """One bad event alone is 422 with pointers, as application/problem+json, and repeats no value."""
    answer = await ingest.post("/v1/events", json=event(application_number="XX-1234", stage=""), headers=ONE)

    assert 422 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert ["/data/stage"] == [one["pointer"] for one in answer.json()["errors"]]
    assert "XX-1234" not in answer.text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        (ONE, b"{", 400),
        (ONE, b" " * (1024 * 1024 + 1), 413),
        (BATCH, b" " * (10 * 1024 * 1024 + 1), 413),
        (ONE, b"[" * 100_000, 400),
        ({**ONE, "Authorization": "Bearer dw_wrong"}, b"{}", 401),
        ({**ONE, "Authorization": f"Bearer dw_{'A' * 43}"}, b"{}", 401),
        ({**ONE, "Authorization": "Basic abc"}, b"{}", 401),
    ],
)
async def test_refused_requests_are_problems(
    ingest: httpx.AsyncClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    """Every refusal says what is wrong in the same form."""
    answer = await ingest.post("/v1/events", content=body, headers=headers)

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert status == answer.json()["status"]


async def test_a_body_without_a_length_is_read_up_to_the_limit(ingest: httpx.AsyncClient) -> None:
    """A stream that never says its size is cut off at the limit."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65536

    answer = await ingest.post("/v1/events", content=endless(), headers=ONE)

    assert 413 == answer.status_code


async def test_a_stream_that_does_not_store_means_unknown(
    ingest: httpx.AsyncClient, nats_client: Client
) -> None:
    """Without the stream's acknowledgement the answer is 503 with Retry-After, never 202."""
    await nats_client.jetstream().delete_stream("STAGES")

    answer = await ingest.post("/v1/events", json=[event("e-1"), event("e-2")], headers=BATCH)

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])


async def test_the_message_id_is_what_the_tracker_can_rely_on(
    ingest: httpx.AsyncClient, nats_client: Client
) -> None:
    """Every stored event carries the id under which the stream drops its copies."""
    await ingest.post("/v1/events", json=event(), headers=ONE)

    message = await nats_client.jetstream().get_last_msg("STAGES", STAGE_SUBJECT)

    assert 64 == len((message.headers or {})["Nats-Msg-Id"])


async def test_unknown_paths_and_methods_are_problems_too(ingest: httpx.AsyncClient) -> None:
    """Routing refuses in the same form as everything else."""
    answers = [await ingest.get("/v1/nothing"), await ingest.get("/v1/events")]

    assert [404, 405] == [one.status_code for one in answers]
    assert {"application/problem+json"} == {one.headers["content-type"] for one in answers}


async def test_the_service_can_be_watched(ingest: httpx.AsyncClient) -> None:
    """Health, readiness and metrics answer, and the metrics count."""
    await ingest.post("/v1/events", json=event(), headers=ONE)

    health, ready, metrics = [await ingest.get(OPS + path) for path in ("/healthz", "/readyz", "/metrics")]

    assert [200, 200, 200] == [one.status_code for one in (health, ready, metrics)]
    assert 'docwatch_ingest_events_total{result="accepted"} 1.0' in metrics.text


async def test_the_world_is_told_that_we_live_and_nothing_else(ingest: httpx.AsyncClient) -> None:
    """What names publishers, counts or parts is for operators; a balancer gets its two letters."""
    health = await ingest.get("/healthz")
    others = [await ingest.get(path) for path in ("/readyz", "/metrics", "/docs", "/openapi.json")]
    read = await ingest.get(f"{OPS}/docs")

    assert (200, "ok\n") == (health.status_code, health.text)
    assert [404] * 4 == [one.status_code for one in others]
    assert 200 == read.status_code


async def test_the_description_names_every_mode(ingest: httpx.AsyncClient) -> None:
    """OpenAPI shows the raw route with its content types, an example and a resolvable schema."""
    description = (await ingest.get(f"{OPS}/openapi.json")).json()

    body = description["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    assert {
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "application/json",
        "application/x-ndjson",
    } == set(body)
    assert {"CloudEvent", "StageData", "EventsAnswer", "ProblemShape", "ReceiptRequest"} <= set(
        description["components"]["schemas"]
    )
    example = await ingest.post(
        "/v1/events", json=body["application/cloudevents+json"]["example"], headers=ONE
    )
    assert (202, []) == (example.status_code, example.json()["warnings"])


async def test_a_post_counts_as_answered_unless_the_fault_is_ours(
    ingest: httpx.AsyncClient, nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refusals are answers; 503 and 500 are failures, by which the promise to back offices is measured."""
    for body in (event(), event(stage=7)):
        await ingest.post("/v1/events", json=body, headers=ONE)
    await nats_client.jetstream().delete_stream(STAGES.name)
    await ingest.post("/v1/events", json=event("e-2"), headers=ONE)
    monkeypatch.setattr(AcceptEvents, "run", None)
    await ingest.post("/v1/events", json=event("e-3"), headers=ONE)

    told = (await ingest.get(f"{OPS}/metrics")).text
    counted = {line for line in told.splitlines() if line.startswith("docwatch_ingest_posts_total{")}
    assert {
        'docwatch_ingest_posts_total{result="answered"} 2.0',
        'docwatch_ingest_posts_total{result="failed"} 2.0',
    } == counted
