"""Accepting events: judge each, publish the fit ones together, answer when the stream has them all."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from contracts.messages.ids import Publisher
from contracts.streams import STAGE_SUBJECT
from runtime.clock import Clock
from runtime.logs import logger
from runtime.messaging.stream_writer import Outgoing, Stored, Unknown
from runtime.tracing import OFF, Tracing, joined
from services.ingest.domain.events import CloudEvent, Fit, Rules, Unfit, judge
from services.ingest.domain.faults import named_field
from services.ingest.domain.key_limits import Limits
from services.ingest.events.answers import Answer, Rejected, Warned
from services.ingest.metrics import Metrics
from services.ingest.web.problems import unavailable

LOG = logger(__name__)
TURN_SECONDS = 0.004


class StageStream(Protocol):
    """Where accepted events go."""

    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        """Publish the fit events of a request, or of a part of one; return one result a message, in order.

        What the stream does not acknowledge in time is Unknown; nothing is raised for it.
        """
        ...


class AcceptEvents:
    """The use case behind `POST /v1/events`."""

    def __init__(
        self, rules: Rules, stream: StageStream, clock: Clock, metrics: Metrics, tracing: Tracing = OFF
    ) -> None:
        self._rules = rules
        self._stream = stream
        self._tracing = tracing
        self._clock = clock
        self._metrics = metrics

    async def run(
        self,
        publisher: Publisher,
        items: Iterable[CloudEvent | Unfit],
        limits: Limits,
        trace: str | None = None,
    ) -> Answer:
        """Accept what is fit; ProblemError 503 where the stream did not acknowledge every one.

        `trace` names the caller's span, if it has one.
        """
        started = self._clock.monotonic()
        fit: list[Fit] = []
        warnings: list[Warned] = []
        rejected: list[Rejected] = []
        now = self._clock.now()
        turn = started + TURN_SECONDS
        for index, item in enumerate(items):
            if self._clock.monotonic() > turn:
                await asyncio.sleep(0)
                turn = self._clock.monotonic() + TURN_SECONDS
            verdict = item if isinstance(item, Unfit) else judge(item, publisher, self._rules, now)
            if isinstance(verdict, Unfit):
                rejected.append(Rejected(index, verdict.id, verdict.faults))
            elif broken := limits.faults(verdict.document_type, verdict.office):
                rejected.append(Rejected(index, verdict.event_id, broken))
            else:
                fit.append(verdict)
                if verdict.warnings:
                    warnings += [Warned(index, verdict.event_id, fault) for fault in verdict.warnings]
        duplicates = await self._publish(publisher, fit, trace)
        answer = Answer(len(fit) - duplicates, duplicates, tuple(warnings), tuple(rejected))
        self._count(publisher, answer, self._clock.monotonic() - started)
        _log(publisher, answer)
        return answer

    async def _publish(self, publisher: Publisher, events: Sequence[Fit], trace: str | None) -> int:
        if not events:
            return 0
        first = events[0].event_id
        span = self._tracing.start(
            "publish events", "server", trace, publisher=publisher, event=first, events=len(events)
        )
        headers = joined(span.header)
        results = await self._stream.publish(
            [Outgoing(STAGE_SUBJECT, event.message_id, event.encoded, headers) for event in events]
        )
        unknown = [result for result in results if isinstance(result, Unknown)]
        span.end(unknown=len(unknown))
        if unknown:
            self._metrics.unknown.inc(len(unknown))
            LOG.warning(
                "events of unknown fate", publisher=publisher, count=len(unknown), first=unknown[0].why
            )
            raise unavailable("not every event was acknowledged; send the identical request again")
        return sum(result.duplicate for result in results if isinstance(result, Stored))

    def _count(self, publisher: Publisher, answer: Answer, seconds: float) -> None:
        results = {
            "accepted": answer.accepted,
            "duplicate": answer.duplicates,
            "rejected": len(answer.rejected),
        }
        self._metrics.heard(publisher, results, self._clock.now().timestamp())
        if answer.rejected:
            whys = Counter(named_field(item.faults) for item in answer.rejected)
            for why, count in whys.items():
                self._metrics.rejected.labels(self._metrics.named(publisher), why).inc(count)
        if answer.warnings:
            self._metrics.warnings.inc(len(answer.warnings))
        self._metrics.batch.observe(sum(results.values()))
        self._metrics.accepting.observe(seconds)


def _log(publisher: Publisher, answer: Answer) -> None:
    if not answer.rejected and not answer.warnings:
        LOG.debug(
            "events taken in", publisher=publisher, accepted=answer.accepted, duplicates=answer.duplicates
        )
        return
    LOG.info(
        "events taken in",
        publisher=publisher,
        accepted=answer.accepted,
        duplicates=answer.duplicates,
        warnings=len(answer.warnings),
        rejected=len(answer.rejected),
        pointers=sorted({fault.pointer for item in answer.rejected for fault in item.faults})[:10],
    )
