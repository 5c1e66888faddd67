"""The edges of the streams: read messages, hand batches over, ack what is committed and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from nats.aio.msg import Msg

from contracts.catalogue import Catalogue
from contracts.streams import DELIVERIES, DELIVERY_SUBJECT, FORGET_SUBJECT, STAGES
from runtime.clock import Clock
from runtime.messaging.jetstream import acknowledge, postpone, sequence_of
from runtime.tracing import OFF, Span, Tracing, parent
from services.tracker.domain.batch import (
    Arrival,
    Readable,
    Source,
    Unusable,
)
from services.tracker.intake.decoding import arrival, report
from services.tracker.intake.events import Intake
from services.tracker.intake.poison_messages import settle
from services.tracker.ledger.ends import (
    Farewell,
    Item,
    Ledger,
    Unreadable,
)
from services.tracker.metrics import Metrics

POSTPONED_SECONDS = 2.0
REFUSED = "refused by the database"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened(Generic[T]):
    """A message, what it says, and the span under which it is taken in."""

    message: Msg
    span: Span
    says: T


class StageConsumer:
    """Reads and takes in the STAGES stream."""

    def __init__(
        self,
        intake: Intake,
        catalogue: Catalogue,
        clock: Clock,
        metrics: Metrics,
        *,
        tracing: Tracing = OFF,
    ) -> None:
        self._intake = intake
        self._catalogue = catalogue
        self._clock = clock
        self._metrics = metrics
        self._tracing = tracing

    def read(self, message: Msg) -> Opened[Arrival]:
        """Read one event."""
        span = self._tracing.start("take event in", "consumer", parent(message.headers))
        return Opened(message, span, arrival(_source(STAGES.name, message, span.header), self._catalogue))

    async def handle(self, batch: list[Opened[Arrival]]) -> None:
        """Take a batch in, then ack it."""
        later = {
            one.source.sequence for one in await settle([one.says for one in batch], self._take, self._bury)
        }
        for one in batch:
            body = one.says.body
            known = {"event": body.event_id, "publisher": body.publisher} if body else {}
            one.span.end(batch=len(batch), **known)
        await _release(batch, later)
        self._metrics.postponed.inc(len(later))

    async def _bury(self, one: Arrival, why: str) -> None:
        body = one.body if isinstance(one, Readable) else None
        await self._take([Unusable(one.source, REFUSED, why, body)])

    async def _take(self, arrivals: Sequence[Arrival]) -> None:
        started = self._clock.monotonic()
        result = await self._intake.take(arrivals)
        self._metrics.batch_seconds.observe(self._clock.monotonic() - started)
        self._metrics.batch_size.observe(len(arrivals))
        self._metrics.notices.inc(result.notices)
        self._metrics.brakes.inc(len(result.braked))
        for effect, count in result.effects.items():
            self._metrics.events.labels(effect).inc(count)


class ReportConsumer:
    """Reads and enters the DELIVERIES stream."""

    def __init__(self, ledger: Ledger, metrics: Metrics, tracing: Tracing = OFF) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._tracing = tracing

    def read(self, message: Msg) -> Opened[Item]:
        """Read one report."""
        span = self._tracing.start("take end in", "consumer", parent(message.headers))
        source = _source(DELIVERIES.name, message, span.header)
        return Opened(message, span, report(source, message.subject))

    async def handle(self, batch: list[Opened[Item]]) -> None:
        """Enter a batch into the ledger, then ack it."""
        later = {
            one.source.sequence for one in await settle([one.says for one in batch], self._take, self._bury)
        }
        for one in batch:
            one.span.end(batch=len(batch))
        await _release(batch, later)
        self._metrics.postponed.inc(len(later))

    async def _bury(self, one: Item, why: str) -> None:
        subject = FORGET_SUBJECT if isinstance(one, Farewell) else DELIVERY_SUBJECT
        await self._take([Unreadable(one.source, subject, REFUSED, why)])

    async def _take(self, reports: Sequence[Item]) -> None:
        entered = await self._ledger.enter(reports)
        for end in entered.ends:
            self._metrics.ends.labels(end).inc()
        self._metrics.reports_ignored.labels("unknown notice").inc(entered.unknown)
        self._metrics.reports_ignored.labels("unreadable").inc(entered.buried)


def _source(stream: str, message: Msg, trace: str | None = None) -> Source:
    return Source(stream, sequence_of(message), message.data, trace)


async def _release(batch: Sequence[Opened[Arrival]] | Sequence[Opened[Item]], later: set[int]) -> None:
    """Ack the messages, all but those that are to come again later."""
    kept = [one.message for one in batch if one.says.source.sequence in later]
    await acknowledge([one.message for one in batch if one.says.source.sequence not in later])
    await postpone(kept, POSTPONED_SECONDS)
