"""Appointments put together, for whoever composes the desk."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from nats.aio.client import Client

from contracts.catalogue import Catalogue
from runtime.clock import Clock
from runtime.database import gauges
from runtime.database.gauges import Pace
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.database.purge import purging
from runtime.process.lifecycle import Stop
from services.desk.appointments.booking import Booking
from services.desk.appointments.closing import Closing
from services.desk.appointments.day_list import DayList
from services.desk.appointments.forgetting import ForgetConsumer
from services.desk.appointments.timetables import timetables_of
from services.desk.appointments.tracker_client import RpcTracker
from services.desk.appointments.upkeep import BATCH, PURGING, ROLE, Purge, Upkeep
from services.desk.door.routes import Route
from services.desk.metrics import Metrics

ROOM = "services.desk.appointments"
LOOKS = Pace(least=5.0, most=30.0)


@dataclass(frozen=True)
class Appointments:
    """All of it, for one process; `lease` makes the claim on a role."""

    client: Client
    pool: Pool
    outbox: Outbox
    catalogue: Catalogue
    clock: Clock
    metrics: Metrics
    lease: Callable[[str], Lease]

    @cached_property
    def booking(self) -> Booking:
        """The calls of citizens."""
        return Booking(self.pool, RpcTracker(self.client), timetables_of(self.catalogue), self.clock)

    @property
    def forgetting(self) -> ForgetConsumer:
        """What takes wishes to be forgotten in."""
        return ForgetConsumer(self.pool, self.outbox, self.clock)

    def loops(self, stop: Stop) -> Sequence[Callable[[], Awaitable[None]]]:
        """Return what runs by itself."""
        booking = self.booking
        upkeep = Upkeep(self.pool, self.outbox, booking.tracker, booking.timetables, self.clock, self.metrics)
        old = Purge(self.pool, self.clock, timedelta(days=self.catalogue.agency.retention_days))
        return [
            lambda: upkeep.run(self.lease(ROLE), stop),
            lambda: purging(self.lease(PURGING), old.once, BATCH, stop),
            lambda: gauges.keep(upkeep.look, LOOKS, clock=self.clock, stop=stop),
        ]


def pages(
    pool: Pool, outbox: Outbox, catalogue: Catalogue, clock: Clock, metrics: Metrics
) -> Sequence[Route]:
    """Return the pages of those who serve at a counter."""
    tables = timetables_of(catalogue)
    closing = Closing(pool, outbox, tables, clock, metrics)
    return DayList(pool, catalogue, tables, clock, closing).routes()
