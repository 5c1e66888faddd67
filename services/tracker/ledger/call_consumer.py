"""The edge of the CALLS stream: reads how calls went and acks what is committed, nothing else."""

from collections.abc import Sequence

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.desk.calls import CALL_MADE
from contracts.streams import CALL_SUBJECT, CALLS
from runtime.database.stream_batches import REFUSED, settle
from runtime.tracing import OFF, Tracing, parent
from services.tracker.domain.batch import Source
from services.tracker.intake.decoding import complaint
from services.tracker.intake.stream_batches import Opened, release, source_of
from services.tracker.ledger.calls import CallsMade, Item, Made
from services.tracker.ledger.reports import Unreadable
from services.tracker.metrics import Metrics


class CallConsumer:
    """Reads and enters the CALLS stream."""

    def __init__(self, calls: CallsMade, metrics: Metrics, tracing: Tracing = OFF) -> None:
        self._calls = calls
        self._metrics = metrics
        self._tracing = tracing

    def read(self, message: Msg) -> Opened[Item]:
        """Read one message."""
        span = self._tracing.start("take call in", "consumer", parent(message.headers))
        return Opened(message, span, call_made(source_of(CALLS.name, message, span.header)))

    async def handle(self, batch: list[Opened[Item]]) -> None:
        """Enter a batch, then ack it."""
        later = await settle([opened.says for opened in batch], self._take, self._bury)
        for opened in batch:
            opened.span.end(batch=len(batch))
        await release(batch, later)
        self._metrics.postponed.inc(len(later))

    async def _bury(self, item: Item, why: str) -> None:
        await self._take([Unreadable(item.source, CALL_SUBJECT, REFUSED, why)])

    async def _take(self, items: Sequence[Item]) -> None:
        entered = await self._calls.enter(items)
        for made in entered.made:
            self._metrics.calls.labels(made.result).inc()
        self._metrics.calls_ignored.labels("unknown notice").inc(entered.unknown)
        self._metrics.calls_ignored.labels("unreadable").inc(entered.buried)


def call_made(where: Source) -> Item:
    """Read how one call went; nothing here raises, whatever the bytes."""
    try:
        return Made(where, CALL_MADE.validate_json(where.payload))
    except ValidationError as error:
        return Unreadable(where, CALL_SUBJECT, "unreadable", complaint(error))
