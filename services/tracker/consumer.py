"""The edges of the streams: read messages, hand batches over, ack what is committed and nothing else."""

from collections.abc import Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.catalogue import Catalogue
from contracts.streams import DELIVERIES, DELIVERY_SUBJECT, FORGET_SUBJECT, STAGES
from runtime.clock import Clock
from runtime.jetstream import acknowledge, postpone
from runtime.tracing import OFF, Tracing, parent
from services.tracker.batch import Arrival, Readable, Source, Unusable
from services.tracker.intake import Intake
from services.tracker.isolation import settle
from services.tracker.ledger import Farewell, Item, Ledger, Unreadable
from services.tracker.metrics import Metrics
from services.tracker.reading import arrival, report

POSTPONED_SECONDS = 2.0
REFUSED = "refused by the database"


class StageConsumer:
    """Handles batches of the STAGES stream."""

    def __init__(
        self,
        client: Client,
        intake: Intake,
        catalogue: Catalogue,
        clock: Clock,
        metrics: Metrics,
        *,
        tracing: Tracing = OFF,
    ) -> None:
        self._client = client
        self._intake = intake
        self._catalogue = catalogue
        self._clock = clock
        self._metrics = metrics
        self._tracing = tracing

    async def handle(self, messages: list[Msg]) -> None:
        """Take a batch in, then ack it."""
        spans = [self._tracing.start("take event in", "consumer", parent(one.headers)) for one in messages]
        arrivals = [
            arrival(_source(STAGES.name, message, span.header), self._catalogue)
            for message, span in zip(messages, spans, strict=True)
        ]
        later = {one.source.sequence for one in await settle(arrivals, self._take, self._bury)}
        for one, span in zip(arrivals, spans, strict=True):
            known = {"event": one.body.event_id, "publisher": one.body.publisher} if one.body else {}
            span.end(batch=len(arrivals), **known)
        await _release(self._client, messages, later)
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
    """Handles batches of the DELIVERIES stream."""

    def __init__(self, client: Client, ledger: Ledger, metrics: Metrics) -> None:
        self._client = client
        self._ledger = ledger
        self._metrics = metrics

    async def handle(self, messages: list[Msg]) -> None:
        """Enter a batch into the ledger, then ack it."""
        reports = [report(_source(DELIVERIES.name, message), message.subject) for message in messages]
        later = {one.source.sequence for one in await settle(reports, self._take, self._bury)}
        await _release(self._client, messages, later)
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
    return Source(stream, message.metadata.sequence.stream, message.data, trace)


async def _release(client: Client, messages: Sequence[Msg], later: set[int]) -> None:
    """Ack the messages, all but those that are to come again later."""
    kept = [one for one in messages if one.metadata.sequence.stream in later]
    await acknowledge(client, [one for one in messages if one.metadata.sequence.stream not in later])
    await postpone(kept, POSTPONED_SECONDS)
