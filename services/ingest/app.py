"""Puts ingest together: settings, catalogue, database, NATS, use cases and the HTTP application."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from nats.aio.client import Client

from contracts.catalogue import CatalogueError, load_catalogue
from contracts.rpc import ISSUE, ISSUE_REPLY, IssueClaim, Issued, Refused
from contracts.streams import STAGES
from runtime import process
from runtime.clock import SystemClock
from runtime.jetstream import Publisher, call
from runtime.process import Build, Service, StartError, Stop
from runtime.settings import SettingsError, key_bytes, load_settings
from runtime.start import assert_streams, database, fitness, messaging
from services.ingest.auth import Gate
from services.ingest.domain.events import Rules
from services.ingest.domain.numbers import Numbering
from services.ingest.http import application
from services.ingest.metrics import Metrics
from services.ingest.receipts import IssueReceipts, ReceiptRules
from services.ingest.settings import IngestSettings
from services.ingest.store import Store
from services.ingest.usecases import AcceptEvents

NAME = "ingest"


class Tracker:
    """The tracker, asked over NATS."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def issue(self, claim: IssueClaim) -> Issued | Refused:
        """Issue one claim; RpcUnavailableError where no answer comes."""
        return await call(self._client, ISSUE, claim, ISSUE_REPLY)


def build(settings: IngestSettings) -> Build:
    """Return what makes the service from its settings."""

    @asynccontextmanager
    async def built(stop: Stop) -> AsyncIterator[Service]:
        rules = _rules(settings)
        agency = rules.catalogue.agency
        receipts = ReceiptRules(
            events=rules,
            receipt_key=key_bytes("RECEIPT_KEY", settings.receipt_key),
            bot=settings.telegram_bot or agency.bots.get("telegram"),
        )
        clock, metrics = SystemClock(), Metrics()
        address = settings.database_url.get_secret_value()
        async with (
            database(address, NAME, "services.ingest", size=settings.database_pool) as pool,
            messaging(settings.nats_url.get_secret_value(), NAME, stop) as (_, client),
        ):
            await assert_streams(client, [STAGES], [])
            store = Store(pool)
            stream = Publisher(client, wait=settings.publish_wait)
            app = application(
                Gate(pool, clock, metrics),
                AcceptEvents(rules, stream, clock, metrics),
                IssueReceipts(receipts, store, Tracker(client), clock, metrics),
                fitness(client, pool),
                metrics,
            )
            yield Service(app, [])

    return built


def _rules(settings: IngestSettings) -> Rules:
    try:
        catalogue = load_catalogue(settings.catalogue)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None
    agency = catalogue.agency
    return Rules(
        catalogue=catalogue,
        numbering=Numbering.of(agency.code, agency.number_patterns),
        pepper=key_bytes("PEPPER", settings.pepper),
        zone=ZoneInfo(agency.time_zone),
    )


def main() -> int:
    """Run ingest as the environment says; return the exit status."""
    try:
        settings = load_settings(IngestSettings)
        key_bytes("PEPPER", settings.pepper)
        key_bytes("RECEIPT_KEY", settings.receipt_key)
    except SettingsError as error:
        sys.stderr.write(f"docwatch ingest: {error}\n")
        return 2
    return process.run(
        NAME,
        build(settings),
        host=settings.host,
        port=settings.ingest_port,
        setting="DOCWATCH_INGEST_PORT",
        log_level=settings.log_level,
        grace=settings.stop_grace,
    )
