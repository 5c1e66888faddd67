"""A back office that goes on offering so many events a second, whatever answers it gets."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp

from cli.publish.rows import Row, as_event
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from services.ingest.keys.api_keys import create_key

PUBLISHER = "offering"
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
PATIENCE_SECONDS = 30.0
APPLICATIONS = 5000
OFFICES = ("kyiv-1", "kyiv-2")
CLOCK = SystemClock()
Batch = list[Mapping[str, object]]


@dataclass
class Offer:
    """What was offered so far: `settled` events were answered 202, `statuses` counts answers (0: none came).

    A batch of events is offered `pace` times a second. One without a 202 waits and is offered again,
    unchanged, in the place of a new one. `slowest` is the longest that an answer took, `longest` the longest
    from the first offer of a batch to its 202, in seconds.
    """

    session: aiohttp.ClientSession
    url: str
    batch: int
    pace: float
    made: int = 0
    settled: int = 0
    slowest: float = 0.0
    longest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    waiting: deque[tuple[float, Batch]] = field(default_factory=deque)

    async def run(self, stop: asyncio.Event) -> None:
        """Offer until told to stop, then until every batch has its 202."""
        async with asyncio.TaskGroup() as group:
            due = CLOCK.monotonic()
            while not stop.is_set():
                group.create_task(self._offer(*(self.waiting.popleft() if self.waiting else self._new())))
                due += 1 / self.pace
                await CLOCK.sleep(max(0.0, due - CLOCK.monotonic()))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.waiting:
                await self._offer(*self.waiting.popleft())
                await CLOCK.sleep(1 / self.pace)

    async def _offer(self, since: float, events: Batch) -> None:
        started, status = CLOCK.monotonic(), 0
        try:
            async with self.session.post(f"{self.url}/v1/events", json=events, headers=BATCH) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            pass  # unknown, as the status says
        self.slowest = max(self.slowest, CLOCK.monotonic() - started)
        self.statuses[status] += 1
        if status == 202:
            self.settled += len(events)
            self.longest = max(self.longest, CLOCK.monotonic() - since)
        else:
            self.waiting.append((since, events))

    def _new(self) -> tuple[float, Batch]:
        numbers = range(self.made, self.made + self.batch)
        self.made += self.batch
        return CLOCK.monotonic(), [_event(number) for number in numbers]


def _event(number: int) -> Mapping[str, object]:
    fields: dict[str, object] = {
        "event_id": f"offered-{number}",
        "application_number": f"{8_000_000_000 + number % APPLICATIONS}",
        "document_type": "id_card",
        "stage": "verification",
        "office": OFFICES[number // APPLICATIONS % 2],
        "occurred_at": datetime.now(UTC).isoformat(),
    }
    return as_event(Row(number + 1, fields), PUBLISHER)


@asynccontextmanager
async def offering(
    url: str, database: str, rate: int, pace: float = 50.0, *, anew: bool = False, key: str | None = None
) -> AsyncIterator[Offer]:
    """Offer `rate` events a second, in `pace` requests, to the ingest at a base URL during the block.

    Each request has a connection of its own with `anew`, as behind a balancer that leads each anew. Without a
    key of the publisher one is made.
    """
    if key is None:
        async with open_pool(database, "ingest") as pool:
            _, key = await create_key(pool, PUBLISHER, name="a test's offer")
    stop = asyncio.Event()
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {key}"},
        timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS),
        connector=aiohttp.TCPConnector(limit=0, force_close=anew),
    ) as session:
        offer = Offer(session, url, max(1, round(rate / pace)), pace)
        running = asyncio.create_task(offer.run(stop))
        try:
            yield offer
            stop.set()
            await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
