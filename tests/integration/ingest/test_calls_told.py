"""How calls by phone went, in the feed and in callbacks."""

from datetime import timedelta

import httpx
from nats.aio.client import Client

from contracts.messages.desk.calls import Called
from contracts.messages.ids import EventId, Publisher
from contracts.streams import CALLED_SUBJECT
from runtime.database.postgres import Pool
from services.ingest.keys.api_keys import Scope, create_key
from tests.integration.ingest.conftest import PUBLISHER
from tests.integration.ingest.feeding import AT, copying, tell, until
from tests.integration.ingest.receiving import delivering, receiving, secret, subscribe


def called(event_id: str = "e-1", publisher: str = PUBLISHER, **changes: object) -> Called:
    fields: dict[str, object] = {"document_type": "id_card", "stage": "arrived", "office": "kyiv-1", "at": AT}
    who = {"publisher": Publisher(publisher), "event_id": EventId(event_id), "receipt_id": "r-1"}
    return Called.model_validate({**fields, **who, "result": "reached", "tries": 2, "over": True, **changes})


async def test_the_feed_tells_how_calls_went(
    ingest: httpx.AsyncClient, nats_client: Client, pool: Pool
) -> None:
    """A call is an outcome of its kind, behind the event's others, with its result, wish and next time."""
    await tell(nats_client, "e-1", reached=True)
    later = AT + timedelta(hours=3)
    for one in (called(result="later", again_at=later, over=False), called(result="wants", wants="person")):
        await nats_client.jetstream().publish(CALLED_SUBJECT, one.encoded())
    await nats_client.jetstream().publish(CALLED_SUBJECT, called(publisher="other").encoded())
    async with copying(nats_client, pool, "one"):
        found = await until(ingest, 3)

    assert ["reach", "call", "call"] == [one["kind"] for one in found]
    assert {
        *{"receipt_id": "r-1", "result": "later", "wants": None, "tries": 2, "over": False}.items(),
        ("again_at", "2026-02-01T03:00:00Z"),
    } == set(found[1]["call"].items())
    assert ("person", "e-1", "arrived") == (
        found[2]["call"]["wants"],
        found[2]["event_id"],
        found[2]["stage"],
    )
    assert found[0]["call"] is None


async def test_a_limited_key_hears_of_its_own_calls_only(
    ingest: httpx.AsyncClient, nats_client: Client, pool: Pool
) -> None:
    """A key for one office is not told of calls about another's documents."""
    _, limited = await create_key(pool, PUBLISHER, [Scope.OUTCOMES], offices=["lviv-1"])
    await nats_client.jetstream().publish(CALLED_SUBJECT, called().encoded())
    async with copying(nats_client, pool, "one"):
        await until(ingest, 1)
    answer = await ingest.get("/v1/outcomes", headers={"Authorization": f"Bearer {limited}"})

    assert [] == answer.json()["outcomes"]


async def test_a_callback_posts_how_a_call_went(nats_client: Client, pool: Pool) -> None:
    """What is in the feed is posted, signed, as it stands there."""
    await nats_client.jetstream().publish(CALLED_SUBJECT, called().encoded())
    async with receiving(secret(PUBLISHER)) as office, delivering(pool), copying(nats_client, pool, "one"):
        await subscribe(pool, PUBLISHER, office.url)
        await office.until_events(["e-1"])
    (outcome,) = office.deliveries[0].body["data"]["outcomes"]

    assert ("call", "reached", True) == (outcome["kind"], outcome["call"]["result"], outcome["call"]["over"])
