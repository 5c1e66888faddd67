"""A back office that receives callbacks: a real HTTP server that believes only what is signed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from services.ingest.callbacks.delivery import ROLE, Callbacks
from services.ingest.callbacks.post import open_poster, secret_of
from services.ingest.callbacks.store import CallbackAdmin, CallbackStore
from services.ingest.domain.cursors import BEGINNING, Place
from services.ingest.feed.store import Checkpoint, FeedStore, NewOutcome
from services.ingest.metrics import Metrics

RECEIPT_KEY = b"\xcd" * 32
SALT = b"\x01" * 16
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Delivery:
    """One request that arrived: its id, the events that it tells of, and its body as it came."""

    message_id: str
    events: tuple[str, ...]
    body: dict[str, Any]
    raw: bytes
    signatures: int


async def fine(_: web.Request) -> web.StreamResponse:
    """Take it."""
    return web.Response(status=204)


def status(code: int, **headers: str) -> Answer:
    """Answer with a status."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=headers)

    return answer


@dataclass
class Receiver:
    """Verifies with each of its secrets; answers what `answers` say one after the other, then `usual`."""

    secrets: Sequence[str]
    answers: list[Answer] = field(default_factory=list)
    usual: Answer = fine
    deliveries: list[Delivery] = field(default_factory=list)
    url: str = ""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Verify, note and answer one request."""
        raw = await request.read()
        [body, *_] = [Webhook(secret).verify(raw, dict(request.headers)) for secret in self.secrets]
        events = tuple(one["event_id"] for one in body["data"].get("outcomes", ()))
        signatures = len(request.headers["webhook-signature"].split())
        async with self.arrived:
            self.deliveries.append(Delivery(request.headers["webhook-id"], events, body, raw, signatures))
            self.arrived.notify_all()
        answer = self.answers.pop(0) if self.answers else self.usual
        return await answer(request)

    async def until(self, count: int, within: float = 20.0) -> list[Delivery]:
        """Return the deliveries once there are so many."""
        async with asyncio.timeout(within), self.arrived:
            await self.arrived.wait_for(lambda: len(self.deliveries) >= count)
        return self.deliveries

    async def until_events(self, events: Sequence[str], within: float = 20.0) -> None:
        """Return once so many events were told of, copies not counted."""
        async with asyncio.timeout(within), self.arrived:
            await self.arrived.wait_for(lambda: len(set(events)) <= len(set(self.events)))

    @property
    def events(self) -> list[str]:
        """The events told of, in the order of their arrival, copies too."""
        return [event for one in self.deliveries for event in one.events]


@asynccontextmanager
async def receiving(
    *secrets: str, answers: Sequence[Answer] = (), usual: Answer = fine
) -> AsyncIterator[Receiver]:
    """Run a receiver on a free port of loopback."""
    found = Receiver(secrets, list(answers), usual)
    app = web.Application()
    app.router.add_post("/hook", found.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    found.url = f"http://{host}:{port}/hook"
    try:
        yield found
    finally:
        await runner.cleanup()


@asynccontextmanager
async def delivering(
    pool: Pool, holder: str = "test", *, private: bool = True, wait: float = 5.0, killed: bool = False
) -> AsyncIterator[Metrics]:
    """Run one process's callbacks until the block ends, in order or as a kill ends it."""
    clock, stop, metrics = SystemClock(), asyncio.Event(), Metrics()
    lease = Lease(pool, clock, ROLE, holder, term=1.5)
    async with open_poster(clock, private=private, wait=wait) as poster:
        callbacks = Callbacks(
            CallbackStore(pool), poster, lease, clock, metrics, receipt_key=RECEIPT_KEY, look=0.02
        )
        task = asyncio.create_task(callbacks.run(stop))
        try:
            yield metrics
        finally:
            if killed:
                task.cancel()
            stop.set()
            await asyncio.gather(task, return_exceptions=killed)


def secret(publisher: str, salt: bytes = SALT) -> str:
    """The secret of a publisher whose callback was made by `subscribe`."""
    return secret_of(RECEIPT_KEY, publisher, salt)


async def subscribe(pool: Pool, publisher: str, url: str, place: Place = BEGINNING) -> None:
    """Make a callback."""
    assert await CallbackAdmin(pool).add(Publisher(publisher), url, SALT, place, SystemClock().now())


async def happen(pool: Pool, publisher: str, events: Sequence[str]) -> None:
    """Put outcomes into the feed behind those that are there."""
    store, lease = FeedStore(pool), Lease(pool, SystemClock(), "outcomes", "test")
    token = await lease.acquire()
    assert token is not None
    before = (await store.checkpoint()).place
    kept = [
        NewOutcome(
            sequence,
            None,
            Publisher(publisher),
            event,
            "effect",
            f'{{"event_id":"{event}","effect":"advance","stage":"printing","at":"2026-02-01T10:00:00Z"}}',
        )
        for sequence, event in enumerate(events, start=before.sequence + 1)
    ]
    after = Checkpoint(Place(before.epoch, before.sequence + len(events)), SystemClock().now())
    await store.copy(before, after, kept, role="outcomes", token=token)
    await lease.release()


async def pass_by(pool: Pool, publisher: str, time: timedelta) -> None:
    """Let time pass for a callback: everything that it waits for is so much nearer."""
    await pool.execute(
        "UPDATE callback SET due_at = due_at - $2::interval, trying_since = trying_since - $2,"
        " earlier_until = earlier_until - $2 WHERE publisher = $1",
        publisher,
        time,
    )


async def row(pool: Pool, publisher: str) -> dict[str, Any]:
    """Read a callback as it is stored."""
    found = await pool.fetchrow("SELECT * FROM callback WHERE publisher = $1", publisher)
    assert found is not None
    return dict(found)
