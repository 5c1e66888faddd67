"""`GET /v1/appointments`: who comes when, by the desk; by which receipt, by the tracker."""

from datetime import UTC, datetime
from uuid import UUID

import httpx

from runtime.database.postgres import Pool
from services.ingest.keys.api_keys import Scope, create_key
from tests.integration.ingest.conftest import PUBLISHER, Bench, Tracker

AT = "2026-02-01T10:00:00Z"
APPLICATION = UUID(int=5)
APPOINTMENT: dict[str, object] = {
    "appointment_id": str(UUID(int=1)),
    "application": str(APPLICATION),
    "document_type": "id_card",
    "office": "vinnytsia",
    "starts_at": "2026-02-03T08:20:00Z",
    "minutes": 20,
    "code": "7KQ4M",
    "status": "booked",
    "changed_at": AT,
}


async def test_appointments_come_as_json_and_as_csv(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """Both forms hold time, office, code and the publisher's own receipt; a forgotten person has none."""
    forgotten = {
        **APPOINTMENT,
        "appointment_id": str(UUID(int=2)),
        "application": None,
        "status": "given_back",
    }
    tracker.answer = {"result": "list", "rows": [APPOINTMENT, forgotten]}
    tracker.receipts = {APPLICATION: "=r-1"}

    plain = (await ingest.get("/v1/appointments")).json()
    full = await ingest.get("/v1/appointments", params={"format": "csv", "limit": "2"})

    assert [("=r-1", "booked"), (None, "given_back")] == [
        (one["receipt_id"], one["status"]) for one in plain["appointments"]
    ]
    assert plain["next"] is None
    assert str(UUID(int=2)) == full.headers["x-next"]
    assert f'"vinnytsia","2026-02-03T08:20:00Z","20","booked","7KQ4M","\'=r-1","id_card","{AT}"' in full.text


async def test_days_are_those_of_the_agency_and_pages_follow_each_other(
    ingest: httpx.AsyncClient, tracker: Tracker
) -> None:
    """The desk is asked for what lies between two midnights of the agency's, after a row."""
    wanted = {"first": "2026-03-02", "last": "2026-03-03", "office": "vinnytsia", "after": str(UUID(int=9))}
    answer = await ingest.get("/v1/appointments", params=wanted)
    wrong = [
        await ingest.get("/v1/appointments", params={one: "x y"}) for one in ("first", "after", "office")
    ]

    assert 200 == answer.status_code
    assert [422] * 3 == [one.status_code for one in wrong]
    (query,) = tracker.listed
    assert (PUBLISHER, "vinnytsia", UUID(int=9)) == (query.publisher, query.office, query.after)
    between = datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 3, 22, tzinfo=UTC)
    assert between == (query.since, query.until)


async def test_a_key_sees_only_its_documents_and_offices(
    bench: Bench, pool: Pool, nats_url: str, tracker: Tracker
) -> None:
    """A limited key asks for its own alone, and what a desk says beyond that is not shown."""
    _, secret = await create_key(pool, PUBLISHER, [Scope.OUTCOMES], offices=["kyiv-1"])
    tracker.answer = {"result": "list", "rows": [APPOINTMENT]}
    async with bench.open(nats_url, key=secret) as client:
        answer = (await client.get("/v1/appointments")).json()

    assert [] == answer["appointments"]
    assert ("kyiv-1",) == tracker.listed[0].offices


async def test_nothing_is_said_without_the_desk(ingest: httpx.AsyncClient) -> None:
    """Where nobody answers it is 503 with Retry-After, never an empty list."""
    answer = await ingest.get("/v1/appointments")

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])
