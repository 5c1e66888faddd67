"""Whoever finds that something was done before does not say so before a synchronous standby has it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from nats.aio.client import Client

from cli.installation.provisioning import provision_database
from contracts.catalogue import Catalogue, load_catalogue
from contracts.messages.ids import Publisher as Office
from contracts.messages.stage import StageEvent
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import TRANSIENT, Pool, open_pool
from runtime.embedded import EmbeddedPostgres
from runtime.keyring import KeyRing
from runtime.messaging.stream_writer import StreamWriter
from services.ingest.receipts.store import ReceiptRow, ReceiptStore
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.wording.i18n import load_voice
from tests.integration.notifier.world import World, make_world, notice
from tests.integration.standby import waits, without_standby
from tests.integration.tracker.conftest import SAMPLE, Tracker, key, stage_event

GIVEN_UP_SECONDS = 0.3


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The sample agency's catalogue."""
    return load_catalogue(SAMPLE)


@pytest.fixture
async def alone(server_home: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A provisioned PostgreSQL whose commits do not wait yet."""
    async with without_standby(server_home / "repeats") as server:
        await provision_database(server.url(), {})
        yield server


def opened(server: EmbeddedPostgres, schema: str) -> AbstractAsyncContextManager[Pool]:
    """Open a pool that gives up soon."""
    return open_pool(server.url(), schema, command_timeout=GIVEN_UP_SECONDS)


def world(pool: Pool, catalogue: Catalogue) -> World:
    """Take a notifier apart."""
    outbox = Outbox(pool, StreamWriter(Client()), SystemClock())
    people = Recipients("telegram", KeyRing([("k1", bytes(32))], PURPOSE))
    return make_world(pool, outbox, people, catalogue, load_voice(catalogue))


async def test_a_notice_that_comes_again_waits(alone: EmbeddedPostgres, catalogue: Catalogue) -> None:
    """The notifier acknowledges a notice that it has only when a standby has it too."""
    async with opened(alone, "notifier") as pool:
        found = world(pool, catalogue)
        told = notice(await found.person("7"))
        await found.keep(told)
        await waits(alone)

        with pytest.raises(TRANSIENT):
            await found.keep(told)


@pytest.mark.parametrize("body", [b"{", stage_event("e-1")])
async def test_an_event_that_comes_again_waits(
    alone: EmbeddedPostgres, catalogue: Catalogue, body: StageEvent | bytes
) -> None:
    """The tracker acknowledges an event that took effect, or could have none, only when a standby knows."""
    async with opened(alone, "tracker") as pool:
        tracker = Tracker(pool, catalogue, StreamWriter(Client()))
        arrivals = tracker.arrivals(body)
        await tracker.intake.take(arrivals)
        await waits(alone)

        with pytest.raises(TRANSIENT):
            await tracker.intake.take(arrivals)


async def test_a_receipt_that_is_asked_for_again_waits(alone: EmbeddedPostgres) -> None:
    """Ingest hands out a receipt that it has only when a standby has it too."""
    async with opened(alone, "ingest") as pool:
        store, now = ReceiptStore(pool), SystemClock().now()
        row = ReceiptRow("r-1", key(), "...42", "id_card", bytes(16), 1)
        await store.receipts(Office("office"), [row], now)
        await waits(alone)

        with pytest.raises(TRANSIENT):
            await store.receipts(Office("office"), [row], now)
