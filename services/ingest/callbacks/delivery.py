"""Delivers outcomes to the publishers that want them posted: in the feed's order, at least once.

One process does it, under a lease. Every publisher has a task of its own while there is something for it,
with one message on its way at a time, so that nobody waits for another's slow or dead receiver. A message is
up to a hundred outcomes: one request for each would let the receiver's distance set the pace of a night's
export. That it is begun is committed before it is sent, and that it is done together with how far the
publisher has come: whoever takes over sends a message of unknown fate again, under the same id.
"""

import asyncio

from pydantic import BaseModel

from contracts.messages.ids import Publisher
from runtime.clock import Clock, pause
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from services.ingest.callbacks.post import Poster, secret_of, signed
from services.ingest.callbacks.store import Attempt, Backlog, CallbackStore, Fence
from services.ingest.domain import cursors
from services.ingest.domain.callbacks import Advance, AttemptResult, Stop, next_step, result_name
from services.ingest.feed.outcomes import OutcomeShape, outcome_shape
from services.ingest.metrics import Metrics

LOG = logger(__name__)
ROLE = "callbacks"
MESSAGE_TYPE = "docwatch.outcomes.v1"
SIZE = 100
LOOK_SECONDS = 1.0
_SHOW_SECONDS = 5.0
_FAULT_SECONDS = 60.0


class OutcomesData(BaseModel):
    """What a page of the feed holds; `next` is where the feed goes on."""

    outcomes: list[OutcomeShape]
    next: str


class OutcomesMessage(BaseModel):
    """The body of a callback."""

    type: str = MESSAGE_TYPE
    timestamp: str
    data: OutcomesData


class Callbacks:
    """Delivers while its lease holds; `look` (s) is how often it looks for something to send."""

    def __init__(
        self,
        store: CallbackStore,
        poster: Poster,
        lease: Lease,
        clock: Clock,
        metrics: Metrics,
        *,
        receipt_key: bytes,
        look: float = LOOK_SECONDS,
    ) -> None:
        self._store = store
        self._poster = poster
        self._receipt_key = receipt_key
        self._lease = lease
        self._clock = clock
        self._metrics = metrics
        self._look = look
        self._tasks: dict[Publisher, asyncio.Task[None]] = {}
        self._pausing: dict[Publisher, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by for the role, and deliver while it is ours, until shown_at to stop."""
        await self._lease.while_held(lambda: self._work(stop), stop)

    async def _work(self, stop: asyncio.Event) -> None:
        shown_at = -_SHOW_SECONDS
        try:
            while not stop.is_set():
                try:
                    for publisher in await self._store.due(self._clock.now()):
                        self._start(publisher, stop)
                    if self._clock.monotonic() - shown_at >= _SHOW_SECONDS:
                        self._show(await self._store.waiting(counted=0))
                        shown_at = self._clock.monotonic()
                except TRANSIENT as error:
                    LOG.warning("callbacks wait for the database", error=repr(error))
                await pause(stop, self._look)
        finally:
            await self._settle(stop)
            self._show([])

    def _start(self, publisher: Publisher, stop: asyncio.Event) -> None:
        if publisher in self._tasks or self._clock.monotonic() < self._pausing.get(publisher, 0.0):
            return
        task = asyncio.create_task(self._deliver(publisher, stop))
        self._tasks[publisher] = task
        task.add_done_callback(lambda done: self._ended(publisher, done))

    def _ended(self, publisher: Publisher, task: asyncio.Task[None]) -> None:
        del self._tasks[publisher]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The others go on; this one is not tried, and not logged, every second.
            LOG.error("callback failed by a fault of ours", publisher=publisher, exc_info=error)
            self._pausing[publisher] = self._clock.monotonic() + _FAULT_SECONDS

    async def _settle(self, stop: asyncio.Event) -> None:
        """Let what is on its way end where we stop in order; drop it where the lease is lost."""
        running = set(self._tasks.values())
        try:
            if stop.is_set() and running:
                await asyncio.wait(running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _deliver(self, publisher: Publisher, stop: asyncio.Event) -> None:
        """Send one message after the other until there is none, one fails or we stop."""
        try:
            delivered = True
            while delivered and not stop.is_set():
                delivered = await self._attempt(publisher)
        except TRANSIENT as error:
            LOG.warning("a callback waits for the database", publisher=publisher, error=repr(error))

    async def _attempt(self, publisher: Publisher) -> bool:
        """Make one attempt; return whether to go on at once."""
        token = self._lease.token
        if token is None:
            return False
        fence = Fence(ROLE, token)
        attempt = await self._store.begin(publisher, SIZE, self._clock.now(), fence)
        if attempt is None or self._lease.token != token:
            return False
        result = await self._post(attempt)
        now = self._clock.now()
        step = next_step(result, attempt.number, attempt.since, now)
        recorded = await self._store.end(attempt, result, step, now, fence)
        self._metrics.callbacks.labels(result_name(result)).inc()
        if not isinstance(step, Advance):
            LOG.warning(
                "a callback was not delivered",
                publisher=publisher,
                message=attempt.message_id.hex,
                attempt=attempt.number,
                result=result_name(result),
                status=result.status,
                then=step.state if isinstance(step, Stop) else "again",
            )
        return recorded and isinstance(step, Advance)

    async def _post(self, attempt: Attempt) -> AttemptResult:
        callback, now = attempt.callback, self._clock.now()
        secrets = [secret_of(self._receipt_key, callback.publisher, salt) for salt in callback.salts(now)]
        body = body_of(attempt)
        return await self._poster.post(
            callback.url, body, signed(f"msg_{attempt.message_id.hex}", body, secrets, now)
        )

    def _show(self, backlogs: list[Backlog]) -> None:
        """Show how old the oldest undelivered outcome of each active callback is, and which ones rest."""
        self._metrics.callback_oldest.clear()
        self._metrics.callback_stopped.clear()
        now = self._clock.now()
        for backlog in backlogs:
            callback = backlog.callback
            publisher = self._metrics.named(callback.publisher)
            if callback.reason in ("gone", "exhausted", "purged"):
                self._metrics.callback_stopped.labels(publisher, callback.reason).set(1)
            if callback.state == "active":
                age = (now - backlog.oldest_at).total_seconds() if backlog.oldest_at else 0.0
                self._metrics.callback_oldest.labels(publisher).set(max(0.0, age))


def body_of(attempt: Attempt) -> str:
    """Return a message's body, the same at every attempt."""
    outcomes = [outcome_shape(outcome) for outcome in attempt.outcomes]
    data = OutcomesData(outcomes=outcomes, next=cursors.encode(attempt.outcomes[-1].place))
    return OutcomesMessage(timestamp=attempt.opened_at.isoformat(), data=data).model_dump_json()
