"""The edge of the STAGES stream: reads events and acks what is committed, nothing else."""

from collections.abc import Sequence

from nats.aio.msg import Msg

from contracts.catalogue import Catalogue
from contracts.streams import STAGES
from runtime.clock import Clock
from runtime.database.stream_batches import REFUSED, settle
from runtime.tracing import OFF, Tracing, parent
from services.tracker.domain.batch import (
    Arrival,
    Readable,
    Unusable,
)
from services.tracker.intake.decoding import arrival
from services.tracker.intake.events import Intake
from services.tracker.intake.stream_batches import Opened, release, source_of
from services.tracker.metrics import Metrics


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
        return Opened(message, span, arrival(source_of(STAGES.name, message, span.header), self._catalogue))

    async def handle(self, batch: list[Opened[Arrival]]) -> None:
        """Take a batch in, then ack it."""
        later = await settle([opened.says for opened in batch], self._take, self._bury)
        for opened in batch:
            body = opened.says.body
            known = {"event": body.event_id, "publisher": body.publisher} if body else {}
            opened.span.end(batch=len(batch), **known)
        await release(batch, later)
        self._metrics.postponed.inc(len(later))

    async def _bury(self, arrived: Arrival, why: str) -> None:
        body = arrived.body if isinstance(arrived, Readable) else None
        await self._take([Unusable(arrived.source, REFUSED, why, body)])

    async def _take(self, arrivals: Sequence[Arrival]) -> None:
        started = self._clock.monotonic()
        result = await self._intake.take(arrivals)
        self._metrics.batch_seconds.observe(self._clock.monotonic() - started)
        self._metrics.batch_size.observe(len(arrivals))
        self._metrics.notices.inc(result.notices)
        self._metrics.brakes.inc(len(result.braked))
        for effect, count in result.effects.items():
            self._metrics.events.labels(effect).inc(count)
