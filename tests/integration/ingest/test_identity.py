"""One event is one event, in whatever form, with whichever key, however often it is sent."""

import json

import httpx
from nats.aio.client import Client

from contracts.messages.stage import STAGE_EVENT
from runtime.database.postgres import Pool
from services.ingest.keys.api_keys import create_key
from tests.integration.ingest.conftest import OPS, PUBLISHER, Bench, event, stored


async def in_every_mode(api: httpx.AsyncClient) -> list[tuple[int, int]]:
    """Send one event in all five forms; return what was accepted and known before."""
    one = event(office="kyiv-1", sequence=7)
    plain = json.dumps(one).encode()
    names = ("specversion", "type", "source", "id", "time")
    attributes = {f"ce-{name}": str(one[name]) for name in names}
    forms = [
        (plain, {"Content-Type": "application/cloudevents+json"}),
        (plain, {"Content-Type": "application/json"}),
        (json.dumps(one["data"]).encode(), {"Content-Type": "application/json", **attributes}),
        (b"[" + plain + b"]", {"Content-Type": "application/cloudevents-batch+json"}),
        (plain + b"\n", {"Content-Type": "application/x-ndjson"}),
    ]
    answers = [await api.post("/v1/events", content=body, headers=headers) for body, headers in forms]
    return [(one["accepted"], one["duplicates"]) for one in (answer.json() for answer in answers)]


async def test_identity_depends_on_neither_form_nor_key(
    nats_url: str, bench: Bench, pool: Pool, nats_client: Client
) -> None:
    """Sent in each mode, and in each again with a rotated key, an event is in the stream once."""
    async with bench.open(nats_url) as api:
        first = await in_every_mode(api)
    _, fresh = await create_key(pool, PUBLISHER)
    await pool.execute(
        "UPDATE api_key SET revoked_at = now() WHERE created_at = (SELECT min(created_at) FROM api_key)"
    )
    async with bench.open(nats_url, key=fresh) as api:
        again = await in_every_mode(api)

    assert [(1, 0)] + [(0, 1)] * 4 == first
    assert [(0, 1)] * 5 == again
    assert 1 == len({STAGE_EVENT.validate_json(one).digest for one in await stored(nats_client)})
    assert 1 == len(await stored(nats_client))


async def test_another_body_under_the_same_id_is_no_copy(
    ingest: httpx.AsyncClient, nats_client: Client
) -> None:
    """The stream takes both, so that the tracker sees the conflict; a swallowed one nobody would hear of."""
    answers = [
        (await ingest.post("/v1/events", json=event("e-1", office=office))).json()
        for office in ("kyiv-1", "kyiv-2")
    ]

    assert [(1, 0), (1, 0)] == [(one["accepted"], one["duplicates"]) for one in answers]
    assert 2 == len(await stored(nats_client))


async def test_an_event_of_another_source_is_rejected(ingest: httpx.AsyncClient, nats_client: Client) -> None:
    """The publisher comes from the key; a source that contradicts it is a fault of the event."""
    answer = await ingest.post("/v1/events", json={**event(), "source": "somebody-else"})

    assert (422, ["/source"]) == (answer.status_code, [one["pointer"] for one in answer.json()["errors"]])
    assert [] == await stored(nats_client)


async def test_rejections_are_counted_by_publisher_and_why(ingest: httpx.AsyncClient) -> None:
    """The metric names the field that is wrong, or the form, and never a value."""
    batch = [event("e-1", stage="?"), event("e-2", stage=""), {**event("e-3"), "source": "x"}, 7]

    await ingest.post(
        "/v1/events", json=batch, headers={"Content-Type": "application/cloudevents-batch+json"}
    )

    metrics = (await ingest.get(f"{OPS}/metrics")).text.splitlines()
    name = "docwatch_ingest_rejected_events_total"
    assert {
        f'{name}{{publisher="{PUBLISHER}",why="stage"}} 2.0',
        f'{name}{{publisher="{PUBLISHER}",why="source"}} 1.0',
        f'{name}{{publisher="{PUBLISHER}",why="form"}} 1.0',
    } == {line for line in metrics if line.startswith(name)}
