"""One call through all services: nobody reached, listed, called, told to the back office, off every list."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from nats.aio.client import Client

from contracts.catalogue import Catalogue, load_catalogue
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import Publisher
from contracts.messages.rpc import UnreachedQuery
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, open_pool
from runtime.messaging.stream_writer import StreamWriter
from sandbox.agency import CATALOGUE
from services.desk.calls.entries import Call
from services.desk.calls.room import open_room
from services.desk.domain.calling import Outcome
from services.desk.metrics import Metrics
from services.ingest.domain.cursors import BEGINNING
from services.ingest.feed.outcomes import OutcomeShape, outcome_shape
from services.ingest.feed.store import FeedStore
from tests.conftest import Databases
from tests.integration.desk import conftest as desk
from tests.integration.desk.calling import Desk
from tests.integration.ingest.feeding import copying
from tests.integration.tracker import conftest as tracker
from tests.integration.tracker.conftest import Tracker, stage_event
from tests.integration.tracker.test_calls import ends
from tests.waiting import until

OFFICE = Publisher("office")


def at_all_hours() -> Catalogue:
    """Return the sample's catalogue with calls at any hour, so that a test may call now."""
    found = load_catalogue(CATALOGUE)
    terms = found.agency.calls
    assert terms is not None
    calls = terms.model_copy(update={"hours": "24/7"})
    return found.with_agency(found.agency.model_copy(update={"calls": calls}))


async def listed(pool: Pool) -> bool:
    found: int = await pool.fetchval("SELECT count(*) FROM call WHERE ended_at IS NULL")
    return found == 1


async def test_one_call_through_all_services(
    databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """Tracker, desk and ingest for real; a desk dies before it publishes, and nothing is lost or doubled."""
    catalogue, clock = at_all_hours(), SystemClock()
    async with (
        open_pool(databases.url("tracker"), "tracker") as ledger,
        open_pool(databases.url("desk"), "desk") as pool,
        open_pool(databases.url("ingest"), "ingest") as feed,
    ):
        office = Tracker(ledger, catalogue, StreamWriter(nats_client))
        await office.redeem(await office.issue(receipt="r-1"))
        now = datetime.now(UTC)
        await office.take(stage_event("e-1", "arrived", office="kyiv-1", occurred_at=now))
        await ends(office, "e-1", DeliveryEnd.UNDELIVERABLE, "uk", at=now - timedelta(minutes=1))
        async with tracker.running(databases, nats_url), copying(nats_client, feed, "one"):
            async with desk.running(databases, nats_url):
                await until(lambda: listed(pool))
            # This desk's outbox never runs: it is as good as killed once the outcome has committed.
            outbox = Outbox(pool, StreamWriter(nats_client), clock)
            room = open_room(pool, outbox, nats_client, clock, catalogue=catalogue, metrics=Metrics())
            ira = await Desk(pool, nats_client).caller("uk")
            call = await room.calls.take(ira, None)
            assert isinstance(call, Call)
            assert call.lease_id is not None
            await room.calls.record(ira, call.call_id, call.lease_id, Outcome("wants", "representative"))

            async def told() -> Sequence[OutcomeShape]:
                rows = await FeedStore(feed).after(OFFICE, BEGINNING, 100)
                return [shape for shape in map(outcome_shape, rows) if shape.kind == "call"]

            before = await told()
            async with desk.running(databases, nats_url):
                (outcome,) = await until(told)
        page = await office.questions.unreached(UnreachedQuery(publisher=OFFICE))

    assert [] == before
    assert ("uk", "arrived", "kyiv-1", "r-1") == (call.language, call.stage, call.office, call.receipt_id)
    assert outcome.call is not None
    assert ("e-1", "wants", "representative", True, 1, "r-1") == (
        *(outcome.event_id, outcome.call.result, outcome.call.wants, outcome.call.over, outcome.call.tries),
        outcome.call.receipt_id,
    )
    assert () == page.rows
