"""Copies the stream of outcomes into the feed: in stream order, by one process at a time, each message once.

The stream is read from the checkpoint on by a consumer that lives only as long as its reader. The server
numbers what it delivers to that consumer, so a delivery that was lost on the way is noticed and read again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from pydantic import ValidationError

from contracts.messages.desk.calls import CALLED
from contracts.messages.outcome import OUTCOME
from contracts.messages.reach import REACH
from contracts.streams import CALLED_SUBJECT, OUTCOME_SUBJECT, OUTCOMES, REACH_SUBJECT
from runtime.clock import Clock, pause
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.messaging.pull import Pull, PullError
from runtime.messaging.stream_writer import MESSAGE_ID
from runtime.retry import backoff
from runtime.tracing import OFF, Tracing, parent
from services.ingest.domain.cursors import Place
from services.ingest.feed.outcomes import called_body
from services.ingest.feed.store import Checkpoint, FeedStore, NewOutcome, OvertakenError
from services.ingest.metrics import Metrics

LOG = logger(__name__)
ROLE = "outcomes"
_BATCH = 500
_LINGER = 0.1
_IDLE_SECONDS = 60.0
_PASSING: tuple[type[BaseException], ...] = (
    nats.errors.Error,
    nats.js.errors.Error,
    PullError,
    *TRANSIENT,
)


@dataclass(frozen=True)
class _Reader:
    """The consumer of one reading."""

    stream: str
    durable: str


class Copier:
    """Copies while its lease holds; `wait` (s) is how long one look at the stream may last."""

    def __init__(
        self,
        client: Client,
        store: FeedStore,
        lease: Lease,
        clock: Clock,
        metrics: Metrics,
        *,
        wait: float = 1.0,
        tracing: Tracing = OFF,
    ) -> None:
        self._client = client
        self._js = client.jetstream()
        self._store = store
        self._lease = lease
        self._clock = clock
        self._metrics = metrics
        self._wait = wait
        self._tracing = tracing

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by for the role, and copy while it is ours, until told to stop."""
        await self._lease.while_held(lambda: self._work(stop), stop)

    async def _work(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                await self._copy(stop)
                failures = 0
            except OvertakenError:
                LOG.info("the feed is copied by another process")
                return
            except _PASSING as error:
                failures += 1
                LOG.warning("the feed waits", error=repr(error))
                await self._clock.sleep(backoff(failures, first=0.2, cap=5.0))

    async def _copy(self, stop: asyncio.Event) -> None:
        """Copy until the stream must be opened anew; raises what NATS and the database raise."""
        info = await self._js.stream_info(OUTCOMES.name)
        stored = await self._store.checkpoint()
        at = resumed(stored, info.created, info.state.last_seq)
        async with self._reader(at.place.sequence + 1) as reader:
            seen = 0
            while not stop.is_set():
                messages = await self._fetch(reader)
                if not messages:
                    if await self._behind(at):
                        return
                    continue
                if not _unbroken(messages, seen):
                    LOG.warning("outcomes were lost on the way and are read again")
                    return
                seen += len(messages)
                after = Checkpoint(
                    Place(at.place.epoch, messages[-1].metadata.sequence.stream), at.stream_created
                )
                outcomes = [outcome for outcome in map(self._read, messages) if outcome is not None]
                spans = [self._tracing.start("copy outcome", "consumer", parent(m.headers)) for m in messages]
                await self._store.copy(stored.place, after, outcomes, role=ROLE, token=self._lease.token or 0)
                for span in spans:
                    span.end(batch=len(messages))
                self._metrics.copied.inc(len(outcomes))
                stored = at = after

    async def _fetch(self, reader: Pull) -> list[Msg]:
        """Return what has come, gathered a little, for nobody waits for it; nothing after the wait."""
        reader.news.clear()
        await reader.ask()
        if not reader.waiting(1):
            await pause(reader.news, self._wait)
        if not reader.waiting(_BATCH):
            await self._clock.sleep(_LINGER)
        return reader.take(_BATCH)

    async def _behind(self, at: Checkpoint) -> bool:
        info = await self._js.stream_info(OUTCOMES.name)
        self._metrics.feed_behind.set(max(0, info.state.last_seq - at.place.sequence))
        return info.created != at.stream_created or info.state.last_seq != max(
            at.place.sequence, info.state.first_seq - 1
        )

    @asynccontextmanager
    async def _reader(self, start: int) -> AsyncIterator[Pull]:
        made = await self._js.add_consumer(
            OUTCOMES.name,
            ConsumerConfig(
                description="ingest copies outcomes into its feed",
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=start,
                ack_policy=AckPolicy.NONE,
                inactive_threshold=_IDLE_SECONDS,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        pull = Pull(self._client, _Reader(OUTCOMES.name, made.name), self._clock, _BATCH)
        try:
            async with pull.open(give_back=False) as reader:
                yield reader
        finally:
            try:
                await self._js.delete_consumer(OUTCOMES.name, made.name)
            except _PASSING as error:
                # It ends by itself when nobody asks it for messages.
                LOG.debug("reader not removed", error=repr(error))

    def _read(self, message: Msg) -> NewOutcome | None:
        try:
            return new_outcome(message)
        except ValidationError as error:
            self._metrics.unreadable.inc()
            LOG.warning(
                "an outcome cannot be read",
                sequence=message.metadata.sequence.stream,
                errors=error.error_count(),
            )
            return None


def resumed(stored: Checkpoint, created: datetime | None, last: int) -> Checkpoint:
    """Return where to go on: after the checkpoint, or at the beginning of a new life of the stream."""
    if stored.stream_created == created and last >= stored.place.sequence:
        return stored
    return Checkpoint(Place(stored.place.epoch + 1, 0), created)


def new_outcome(message: Msg) -> NewOutcome | None:
    """Return a message as it is to be stored, None for an unknown subject; ValidationError."""
    sequence, message_id = message.metadata.sequence.stream, (message.headers or {}).get(MESSAGE_ID)
    match message.subject:
        case subject if subject == OUTCOME_SUBJECT:
            outcome = OUTCOME.validate_json(message.data)
            body = outcome.model_dump_json(exclude={"version", "publisher"}, exclude_none=True)
            return NewOutcome(sequence, message_id, outcome.publisher, outcome.event_id, "effect", body)
        case subject if subject == REACH_SUBJECT:
            reach = REACH.validate_json(message.data)
            body = reach.model_dump_json(exclude={"version", "publisher"}, exclude_none=True)
            return NewOutcome(sequence, message_id, reach.publisher, reach.event_id, "reach", body)
        case subject if subject == CALLED_SUBJECT:
            called = CALLED.validate_json(message.data)
            body = called_body(called).model_dump_json(exclude_none=True)
            return NewOutcome(sequence, message_id, called.publisher, called.event_id, "call", body)
        case subject:
            LOG.warning("an outcome of an unknown kind is left out", subject=subject, sequence=sequence)
            return None


def _unbroken(messages: Sequence[Msg], seen: int) -> bool:
    wanted = range(seen + 1, seen + 1 + len(messages))
    return [message.metadata.sequence.consumer for message in messages] == list(wanted)
