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
from services.ingest.callbacks.store import (
    CallbackStore,
    Letter,
    Term,
    Waiting,
)
from services.ingest.domain import cursors
from services.ingest.domain.callbacks import End, Forward, Rest, course, result_of
from services.ingest.feed.outcomes import OutcomeShape, shown
from services.ingest.metrics import Metrics

LOG = logger(__name__)
ROLE = "callbacks"
MESSAGE_TYPE = "docwatch.outcomes.v1"
SIZE = 100
LOOK_SECONDS = 1.0
_TELL_SECONDS = 5.0
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
        self._resting: dict[Publisher, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by for the role, and deliver while it is ours, until told to stop."""
        await self._lease.while_held(lambda: self._work(stop), stop)

    async def _work(self, stop: asyncio.Event) -> None:
        told = -_TELL_SECONDS
        try:
            while not stop.is_set():
                try:
                    for publisher in await self._store.due(self._clock.now()):
                        self._start(publisher, stop)
                    if self._clock.monotonic() - told >= _TELL_SECONDS:
                        self._tell(await self._store.waiting(counted=0))
                        told = self._clock.monotonic()
                except TRANSIENT as error:
                    LOG.warning("callbacks wait for the database", error=repr(error))
                await pause(stop, self._look)
        finally:
            await self._settle(stop)
            self._tell([])

    def _start(self, publisher: Publisher, stop: asyncio.Event) -> None:
        if publisher in self._tasks or self._clock.monotonic() < self._resting.get(publisher, 0.0):
            return
        task = asyncio.create_task(self._deliver(publisher, stop))
        self._tasks[publisher] = task
        task.add_done_callback(lambda done: self._ended(publisher, done))

    def _ended(self, publisher: Publisher, task: asyncio.Task[None]) -> None:
        del self._tasks[publisher]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The others go on; this one is not tried, and not logged, every second.
            LOG.error("callback failed by a fault of ours", publisher=publisher, exc_info=error)
            self._resting[publisher] = self._clock.monotonic() + _FAULT_SECONDS

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
            going = True
            while going and not stop.is_set():
                going = await self._message(publisher)
        except TRANSIENT as error:
            LOG.warning("a callback waits for the database", publisher=publisher, error=repr(error))

    async def _message(self, publisher: Publisher) -> bool:
        """Make one attempt; return whether to go on at once."""
        token = self._lease.token
        if token is None:
            return False
        term = Term(ROLE, token)
        letter = await self._store.begin(publisher, SIZE, self._clock.now(), term)
        if letter is None or self._lease.token != token:
            return False
        end = await self._post(letter)
        now = self._clock.now()
        step = course(end, letter.attempts, letter.since, now)
        kept = await self._store.end(letter, end, step, now, term)
        result = result_of(end)
        self._metrics.callbacks.labels(result).inc()
        if not isinstance(step, Forward):
            LOG.warning(
                "a callback was not delivered",
                publisher=publisher,
                message=letter.message_id.hex,
                attempt=letter.attempts,
                result=result,
                status=end.status,
                then=step.state if isinstance(step, Rest) else "again",
            )
        return kept and isinstance(step, Forward)

    async def _post(self, letter: Letter) -> End:
        callback, now = letter.callback, self._clock.now()
        secrets = [secret_of(self._receipt_key, callback.publisher, salt) for salt in callback.salts(now)]
        body = body_of(letter)
        return await self._poster.post(
            callback.url, body, signed(f"msg_{letter.message_id.hex}", body, secrets, now)
        )

    def _tell(self, callbacks: list[Waiting]) -> None:
        """Show how old the oldest undelivered outcome of each active callback is, and which ones rest."""
        self._metrics.callback_oldest.clear()
        self._metrics.callback_stopped.clear()
        now = self._clock.now()
        for one in callbacks:
            publisher = self._metrics.named(one.callback.publisher)
            if one.callback.reason in ("gone", "exhausted", "purged"):
                self._metrics.callback_stopped.labels(publisher, one.callback.reason).set(1)
            if one.callback.state == "active":
                age = (now - one.oldest_at).total_seconds() if one.oldest_at else 0.0
                self._metrics.callback_oldest.labels(publisher).set(max(0.0, age))


def body_of(letter: Letter) -> str:
    """Return a message's body, the same at every attempt."""
    outcomes = [shown(one) for one in letter.outcomes]
    data = OutcomesData(outcomes=outcomes, next=cursors.written(letter.outcomes[-1].place))
    return OutcomesMessage(timestamp=letter.opened_at.isoformat(), data=data).model_dump_json()
