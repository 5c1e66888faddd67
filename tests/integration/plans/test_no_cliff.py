"""What a batch reads in the database follows from its size, whatever the statistics say, however old a plan.

A plan is made from what was counted last, and a connection keeps it: one made while a table was nearly empty,
and counted so, is the one that a burst meets. So the services' own code runs in small batches first, then the
tables grow, then one batch is measured by what the server says that it looked at: triggers, foreign keys and
functions included.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import pytest

from runtime.database.postgres import Pool, open_pool
from tests.conftest import Databases
from tests.integration.plans import desk_work, ingest_work, notifier_work, tracker_work
from tests.integration.plans.growth import BATCH, COUNTED, ROWS, growing, too_much

FEW = 60
"""Applications and people that are there from the start, those of the batches among them."""
WARM = 8
"""Batches after which a connection has chosen the plans that it keeps."""


class Work(Protocol):
    """A service's work in its database."""

    async def batch(self, stage: int, first: int, events: int) -> None:
        """Take so many events in, from a number on, all of one stage."""


@dataclass(frozen=True)
class Service:
    """What fills a service's tables, and what works in them."""

    fill: str
    work: Callable[[Pool], Work]


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "desk": Service(desk_work.FILL, desk_work.DeskWork),
        "ingest": Service(ingest_work.FILL, ingest_work.IngestWork),
        "notifier": Service(notifier_work.FILL, notifier_work.NotifierWork),
        "tracker": Service(tracker_work.FILL, tracker_work.TrackerWork),
    }
)


async def looked_at(databases: Databases, name: str, counted: str, mode: str) -> dict[str, float]:
    """Return what a batch looks at too much of, in tables that were counted at some time and have grown."""
    service, when = SERVICES[name], COUNTED[counted]
    async with growing(databases, name, mode) as tables:
        await tables.count(tables=when.empty)
        await tables.grow(service.fill, 1, FEW)
        await tables.count(tables=when.small)
        async with open_pool(databases.url(name), name, size=2) as pool:
            work = service.work(pool)
            for warm in range(WARM):
                await work.batch(warm % 2, 1 + BATCH + warm // 2, 1)
            await tables.grow(service.fill, 101, 100 + ROWS)
            await tables.count(tables=when.full, millions=when.millions)
            before = await tables.read()
            await work.batch(0, 1, BATCH)
        return too_much(before, await tables.read())


@pytest.mark.parametrize("counted", COUNTED)
@pytest.mark.parametrize("service", SERVICES)
async def test_a_batch_reads_what_it_is_about(databases: Databases, service: str, counted: str) -> None:
    """A batch looks at its own rows, by plans that the server chose itself and keeps."""
    assert {} == await looked_at(databases, service, counted, "auto")
