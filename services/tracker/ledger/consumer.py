"""The edge of the DELIVERIES stream: reads reports and acks what is committed, nothing else."""

from collections.abc import Sequence

from nats.aio.msg import Msg

from contracts.streams import DELIVERIES, DELIVERY_SUBJECT, FORGET_SUBJECT
from runtime.database.stream_batches import REFUSED, settle
from runtime.tracing import OFF, Tracing, parent
from services.tracker.intake.stream_batches import Opened, release, source_of
from services.tracker.ledger.ends import Ledger
from services.tracker.ledger.reports import (
    ForgetRequest,
    Item,
    Unreadable,
    report,
)
from services.tracker.metrics import Metrics


class ReportConsumer:
    """Reads and enters the DELIVERIES stream."""

    def __init__(self, ledger: Ledger, metrics: Metrics, tracing: Tracing = OFF) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._tracing = tracing

    def read(self, message: Msg) -> Opened[Item]:
        """Read one report."""
        span = self._tracing.start("take end in", "consumer", parent(message.headers))
        source = source_of(DELIVERIES.name, message, span.header)
        return Opened(message, span, report(source, message.subject))

    async def handle(self, batch: list[Opened[Item]]) -> None:
        """Enter a batch into the ledger, then ack it."""
        later = await settle([opened.says for opened in batch], self._take, self._bury)
        for opened in batch:
            opened.span.end(batch=len(batch))
        await release(batch, later)
        self._metrics.postponed.inc(len(later))

    async def _bury(self, item: Item, why: str) -> None:
        subject = FORGET_SUBJECT if isinstance(item, ForgetRequest) else DELIVERY_SUBJECT
        await self._take([Unreadable(item.source, subject, REFUSED, why)])

    async def _take(self, items: Sequence[Item]) -> None:
        entered = await self._ledger.enter(items)
        for end in entered.ends:
            self._metrics.ends.labels(end).inc()
        self._metrics.failed.inc(entered.failed)
        self._metrics.reports_ignored.labels("unknown notice").inc(entered.unknown)
        self._metrics.reports_ignored.labels("unreadable").inc(entered.buried)
