"""What a publisher is told at ingest's door of an application that is another's."""

import httpx

from contracts.messages.ids import EventId, Publisher
from contracts.messages.outcome import Effect, Outcome, said
from runtime.database.postgres import Pool
from services.ingest.feed.store import SQL
from tests.integration.ingest.conftest import PUBLISHER, Tracker, bench, ingest, pool, tracker
from tests.integration.ingest.feeding import AT

__all__ = ["bench", "ingest", "pool", "tracker"]
RECEIPT = {"receipt_id": "r-1", "application_number": "AB-123456789", "document_type": "id_card"}
FOREIGN: dict[str, object] = {"result": "refused", "reason": "invalid", "problem": "foreign"}


async def test_a_receipt_is_refused_item_by_item(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """Alone, in a list and shown again it is 403 with a problem of its own and without any secret."""
    tracker.answer = FOREIGN
    alone = await ingest.post("/v1/receipts", json=RECEIPT)
    several = await ingest.post("/v1/receipts", json=[RECEIPT, {**RECEIPT, "document_type": "none"}])
    again = await ingest.get("/v1/receipts/r-1/print")
    explained = await ingest.get(alone.json()["type"])

    assert [403, 403] == [alone.status_code, again.status_code]
    assert {"/problems/foreign"} == {one.json()["type"] for one in (alone, again)}
    assert [] == several.json()["receipts"]
    assert [(403, "/problems/foreign"), (422, "/problems/invalid")] == [
        (one["status"], one["type"]) for one in several.json()["rejected"]
    ]
    assert "Another publisher named this application first" in explained.text


async def test_the_feed_tells_of_a_refused_event(ingest: httpx.AsyncClient, pool: Pool) -> None:
    """The effect is `refused`, and `problem` leads to the page that explains it."""
    effect, problem = said(Effect.REFUSED)
    outcome = Outcome(
        publisher=Publisher(PUBLISHER), event_id=EventId("e"), effect=effect, problem=problem, at=AT
    )
    row = (1, "1", PUBLISHER, "e", "effect", outcome.model_dump_json(exclude_none=True))
    await pool.execute(SQL["add_outcomes"], 1, *([one] for one in row))
    [told] = (await ingest.get("/v1/outcomes")).json()["outcomes"]

    assert ("refused", "/problems/foreign") == (told["effect"], told["problem"])


async def test_one_event_tells_that_it_was_refused(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """Asked for by its id it says the same as the feed."""
    effect, problem = said(Effect.REFUSED)
    tracker.answer = {"result": "event", "effect": effect, "problem": problem, "at": AT.isoformat()}
    told = (await ingest.get("/v1/events/e")).json()

    assert ("refused", "/problems/foreign") == (told["effect"], told["problem"])
