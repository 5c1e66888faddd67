"""Puts the room together: what keeps its list true, what callers do, their pages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client

from contracts.catalogue import Catalogue
from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.errors import StartError
from services.desk.calls.listing import Listing, Wanted
from services.desk.calls.pages import Pages
from services.desk.calls.settling import Settling
from services.desk.calls.tracker_client import TrackerClient
from services.desk.calls.watching import Watch
from services.desk.calls.work import Calls
from services.desk.domain.calling import Rules
from services.desk.door.routes import Route
from services.desk.metrics import Metrics
from worktime.calendar import calendar_of
from worktime.remarks import fault_of_hours

ROOM = {"calls": "services.desk.calls"}
"""The package of its templates, by the name that they have there."""


@dataclass(frozen=True)
class Room:
    """Calls by phone; where the agency makes none, its list is never read and its pages say so."""

    calls: Calls
    routes: Sequence[Route]
    listing: Listing | None
    watch: Watch

    async def run(self, lease: Lease, stop: asyncio.Event) -> None:
        """Keep the list true while the lease is ours."""
        if self.listing is not None:
            await self.listing.run(lease, stop)


def open_room(
    pool: Pool, outbox: Outbox, client: Client, clock: Clock, *, catalogue: Catalogue, metrics: Metrics
) -> Room:
    """Return the room; StartError where the hours of calls cannot be told."""
    terms = catalogue.agency.calls
    tracker = TrackerClient(client)
    settling = Settling(pool, tracker, clock, metrics)
    rules = None if terms is None else Rules.of(catalogue.agency, terms)
    if terms is not None:
        fault = fault_of_hours(terms.hours, calendar_of(catalogue.agency.holidays))
        if fault is not None:
            raise StartError(f"agency.calls.hours of the catalogue {fault}: {terms.hours!r}")
    listing = None if terms is None else Listing(pool, tracker, settling, clock, Wanted.of(catalogue))
    calls = Calls(pool, outbox, clock, freshness=settling, metrics=metrics, rules=rules)
    watch = Watch(pool, clock, metrics, on=rules is not None)
    return Room(calls, Pages(calls, catalogue, clock).routes(), listing, watch)
