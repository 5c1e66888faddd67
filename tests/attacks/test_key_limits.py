"""A stolen key that is for some documents and offices: every route and every door asks its limits."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from nats.aio.client import Client

from contracts.messages.ids import Publisher
from contracts.messages.outcome import Outcome
from contracts.messages.reach import Reach
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from services.ingest.domain.events import Rules
from services.ingest.domain.key_limits import Limits
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.accept_request import Caller, take
from services.ingest.feed.store import SQL
from services.ingest.keys.api_keys import Scope, create_key
from services.ingest.keys.rates import Rates
from services.ingest.metrics import Metrics
from services.ingest.web.problems import ProblemError
from tests.integration.ingest.conftest import (
    OPS,
    PUBLISHER,
    Bench,
    Tracker,
    bench,
    event,
    pool,
    stored,
    tracker,
)
from tests.unit.ingest.conftest import rules

__all__ = ["bench", "pool", "rules", "tracker"]
AT = datetime(2026, 2, 1, tzinfo=UTC)
OURS, THEIRS = ("id_card", "kyiv-1"), ("foreign_passport", "lviv-2")
HERE = "/v1/receipts/{receipt_id}"
Probe = Callable[[httpx.AsyncClient, Tracker, str, str | None], Awaitable[bool]]
"""Asks a route about a document and an office; tells whether the route let the asker do or know it."""


@pytest.fixture
async def limited(nats_url: str, bench: Bench, pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """A service, asked with a key that is for one document and one office."""
    _, secret = await create_key(pool, PUBLISHER, list(Scope), documents=OURS[:1], offices=OURS[1:])
    async with bench.open(nats_url, key=secret) as client:
        yield client


async def post_event(api: httpx.AsyncClient, _: Tracker, document: str, office: str | None) -> bool:
    body = event(str(uuid4()), document_type=document, **({} if office is None else {"office": office}))
    answer = await api.post("/v1/events", json=body)
    assert answer.status_code in {202, 422}
    return answer.status_code == 202


async def post_receipt(api: httpx.AsyncClient, _: Tracker, document: str, __: str | None) -> bool:
    wanted = {"receipt_id": str(uuid4()), "application_number": "AB-123456789", "document_type": document}
    answer = await api.post("/v1/receipts", json=wanted)
    assert answer.status_code in {201, 422}
    return answer.status_code == 201


def about_receipt(method: str, path: str) -> Probe:
    """Return what asks a route about a receipt of a document."""

    async def probe(api: httpx.AsyncClient, tracker: Tracker, document: str, _: str | None) -> bool:
        before = len(tracker.claims), len(tracker.revoked)
        answer = await api.request(method, path.replace("{receipt_id}", document))
        assert answer.status_code in {200, 201, 403}
        told = before != (len(tracker.claims), len(tracker.revoked))
        assert told == (answer.status_code != 403)
        return told

    return probe


async def read_feed(api: httpx.AsyncClient, _: Tracker, document: str, office: str | None) -> bool:
    outcomes = (await api.get("/v1/outcomes")).json()["outcomes"]
    found = [one["kind"] for one in outcomes if (one["document_type"], one["office"]) == (document, office)]
    assert found in ([], ["effect", "reach"])
    return bool(found)


async def ask_event(api: httpx.AsyncClient, tracker: Tracker, document: str, office: str | None) -> bool:
    tracker.answer = {"result": "event", "effect": "advance", "document_type": document, "at": str(AT)}
    tracker.answer |= {} if office is None else {"office": office}
    answer = await api.get("/v1/events/e-1")
    assert answer.status_code in {200, 403}
    return answer.status_code == 200


async def list_unreached(api: httpx.AsyncClient, tracker: Tracker, document: str, office: str | None) -> bool:
    row = {"cursor": 7, "event_id": "e-1", "document_type": document, "stage": "arrived", "office": office}
    row |= {"end": "expired", "at": str(AT)}
    tracker.answer = {"result": "unreached", "rows": [row], "after": 7}
    plain = await api.get("/v1/unreached")
    table = await api.get("/v1/unreached", params={"format": "csv"})
    asked = tracker.asked[-1]
    assert ((OURS[0],), (OURS[1],)) == (asked.documents, asked.offices)
    assert len(table.text.splitlines()) == 1 + len(plain.json()["unreached"])
    return bool(plain.json()["unreached"])


async def list_appointments(
    api: httpx.AsyncClient, tracker: Tracker, document: str, office: str | None
) -> bool:
    row = {"appointment_id": str(uuid4()), "application": None, "document_type": document}
    row |= {"office": office or "nowhere", "starts_at": str(AT), "code": "7KQ4M", "status": "booked"}
    tracker.answer = {"result": "list", "rows": [{**row, "minutes": 20, "changed_at": str(AT)}]}
    plain = await api.get("/v1/appointments")
    table = await api.get("/v1/appointments", params={"format": "csv"})
    asked = tracker.listed[-1]
    assert ((OURS[0],), (OURS[1],)) == (asked.documents, asked.offices)
    assert len(table.text.splitlines()) == 1 + len(plain.json()["appointments"])
    return bool(plain.json()["appointments"])


async def ask_key(api: httpx.AsyncClient, _: Tracker, document: str, office: str | None) -> bool:
    body = (await api.get("/v1/key")).json()
    return document in body["documents"] and office in body["offices"]


ROUTES: Mapping[tuple[str, str], Probe] = {
    ("post", "/v1/events"): post_event,
    ("post", "/v1/receipts"): post_receipt,
    **{
        (method, path): about_receipt(method, path)
        for method, path in (
            ("get", f"{HERE}/qr.svg"),
            ("get", f"{HERE}/qr.png"),
            ("get", f"{HERE}/print"),
            ("post", f"{HERE}/reissue"),
            ("get", HERE),
            ("delete", HERE),
        )
    },
    ("get", "/v1/outcomes"): read_feed,
    ("get", "/v1/events/{event_id}"): ask_event,
    ("get", "/v1/unreached"): list_unreached,
    ("get", "/v1/appointments"): list_appointments,
    ("get", "/v1/key"): ask_key,
}
OF_NO_OFFICE = {one for one in ROUTES if "receipts" in one[1]}
"""Routes about receipts, which belong to a document and to no office."""


async def stock(pool: Pool, api: httpx.AsyncClient, key: str) -> None:
    """Store a receipt of each document, and outcomes of every document and office and of neither."""
    for document, _ in (OURS, THEIRS):
        wanted = {"receipt_id": document, "application_number": "AB-123456789", "document_type": document}
        answer = await api.post("/v1/receipts", json=wanted, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 201
    bodies: list[tuple[str, Outcome | Reach]] = []
    for kind in (OURS[0], THEIRS[0], None):
        for office in (OURS[1], THEIRS[1], None):
            said = {
                "publisher": PUBLISHER,
                "event_id": "e",
                "at": AT,
                "document_type": kind,
                "office": office,
            }
            bodies.append(("effect", Outcome.model_validate({**said, "effect": "advance"})))
            bodies.append(("reach", Reach.model_validate({**said, "notices": 0, "ends": {}})))
    rows = [
        (number, str(number), PUBLISHER, "e", kind, one.model_dump_json(exclude_none=True))
        for number, (kind, one) in enumerate(bodies, 1)
    ]
    await pool.execute(SQL["add_outcomes"], 1, *map(list, zip(*rows, strict=True)))


async def test_every_route_of_the_description_asks_the_limits(
    limited: httpx.AsyncClient, bench: Bench, pool: Pool, tracker: Tracker
) -> None:
    """Whatever OpenAPI names lets a limited key do and know what is its own, and nothing else."""
    await stock(pool, limited, bench.key)
    described = (await limited.get(f"{OPS}/openapi.json")).json()["paths"]
    routes = {(method, path) for path, some in described.items() for method in some}
    found = {}
    for route, probe in ROUTES.items():
        for document, office in (OURS, (THEIRS[0], OURS[1]), (OURS[0], THEIRS[1]), (OURS[0], None)):
            tracker.answer = None
            found[route, document, office] = await probe(limited, tracker, document, office)

    assert routes == ROUTES.keys()
    assert {
        (route, *what): what == OURS or (route in OF_NO_OFFICE and what[0] == OURS[0])
        for route in ROUTES
        for what in (OURS, (THEIRS[0], OURS[1]), (OURS[0], THEIRS[1]), (OURS[0], None))
    } == found


async def test_a_page_without_anything_of_the_key_leads_on(
    limited: httpx.AsyncClient, bench: Bench, pool: Pool, tracker: Tracker
) -> None:
    """A reader with a limited key goes on by `next` and `more`, and comes to the end of the feed."""
    await stock(pool, limited, bench.key)
    seen, after, more, pages = 0, None, True, 0
    while more:
        params = {"limit": 2} if after is None else {"limit": 2, "after": after}
        page = (await limited.get("/v1/outcomes", params=params)).json()
        seen, after, more, pages = seen + len(page["outcomes"]), page["next"], page["more"], pages + 1

    assert (2, 9) == (seen, pages)
    assert tracker.asked == []


async def test_the_one_way_in_for_both_doors_asks_the_limits(nats_client: Client, rules: Rules) -> None:
    """Whichever door a request came by, its caller has limits, and what they bar is not published."""
    accept = AcceptEvents(rules, StreamWriter(nats_client), SystemClock(), Metrics())
    with pytest.raises(ProblemError) as refused:
        await take(
            accept,
            Rates(100, SystemClock()),
            caller=Caller(Publisher(PUBLISHER), Limits(frozenset(OURS[:1]), frozenset(OURS[1:]))),
            mode="single",
            headers={},
            body=json.dumps(event(document_type=THEIRS[0], office=THEIRS[1])).encode(),
        )

    assert "limits" not in Caller._field_defaults
    assert await stored(nats_client) == []
    assert ["/data/document_type", "/data/office"] == [one.pointer for one in refused.value.faults]
