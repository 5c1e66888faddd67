"""Accepting events: judge each, publish the fit ones together, answer when the stream has them all."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from contracts.messages.ids import Publisher
from contracts.streams import STAGE_SUBJECT
from runtime.clock import Clock
from runtime.logs import logger
from runtime.messaging.publisher import Outgoing, Stored, Unknown
from runtime.tracing import OFF, Tracing, joined
from services.ingest.domain.events import CloudEvent, Fit, Rules, Unfit, judge
from services.ingest.domain.faults import Fault, named_field
from services.ingest.domain.key_limits import Limits
from services.ingest.metrics import Metrics
from services.ingest.web.problems import unavailable

LOG = logger(__name__)
MOST_LISTED = 2000
MOST_FAULTS = 200
"""So many faults are told in full; each item rejected beyond them is named with its first one."""
TURN_SECONDS = 0.004


class Publishes(Protocol):
    """Where accepted events go."""

    async def publish(self, messages: Sequence[Outgoing]) -> list[Stored | Unknown]:
        """Return one result a message, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Warned:
    """Something odd about an accepted event; `index` counts the request's items from 0."""

    index: int
    id: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that was not accepted and why."""

    index: int
    id: str | None
    faults: tuple[Fault, ...]


class Answer(NamedTuple):
    """What became of a request's items: each is accepted, a duplicate or rejected."""

    accepted: int
    duplicates: int
    warnings: tuple[Warned, ...]
    rejected: tuple[Rejected, ...]


@dataclass
class Total:
    """The answers to the parts of a long request, put together; the lists hold the first of each."""

    accepted: int = 0
    duplicates: int = 0
    items: int = 0
    warnings: list[Warned] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    warnings_left_out: int = 0
    rejected_left_out: int = 0
    faults: int = 0
    faults_left_out: int = 0

    def add(self, answer: Answer, items: int) -> None:
        """Add the answer to the next so many items."""
        self.accepted += answer.accepted
        self.duplicates += answer.duplicates
        if answer.warnings or answer.rejected:
            warned = answer.warnings[: MOST_LISTED - len(self.warnings)]
            refused = answer.rejected[: MOST_LISTED - len(self.rejected)]
            self.warnings += [replace(one, index=one.index + self.items) for one in warned]
            self.rejected += [self._told(one) for one in refused]
            self.warnings_left_out += len(answer.warnings) - len(warned)
            self.rejected_left_out += len(answer.rejected) - len(refused)
        self.items += items

    def _told(self, one: Rejected) -> Rejected:
        """Return a rejected item with as many of its faults as there is room for, one at least."""
        told = one.faults[: max(1, MOST_FAULTS - self.faults)]
        self.faults += len(told)
        self.faults_left_out += len(one.faults) - len(told)
        return Rejected(one.index + self.items, one.id, told)


class AcceptEvents:
    """The use case behind `POST /v1/events`."""

    def __init__(
        self, rules: Rules, stream: Publishes, clock: Clock, metrics: Metrics, tracing: Tracing = OFF
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
                    warnings += [Warned(index, verdict.event_id, one) for one in verdict.warnings]
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
        unknown = [one for one in results if isinstance(one, Unknown)]
        span.end(unknown=len(unknown))
        if unknown:
            self._metrics.unknown.inc(len(unknown))
            LOG.warning(
                "events of unknown fate", publisher=publisher, count=len(unknown), first=unknown[0].why
            )
            raise unavailable("not every event was acknowledged; send the identical request again")
        return sum(one.duplicate for one in results if isinstance(one, Stored))

    def _count(self, publisher: Publisher, answer: Answer, seconds: float) -> None:
        results = {
            "accepted": answer.accepted,
            "duplicate": answer.duplicates,
            "rejected": len(answer.rejected),
        }
        self._metrics.heard(publisher, results, self._clock.now().timestamp())
        if answer.rejected:
            whys = Counter(named_field(one.faults) for one in answer.rejected)
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
        pointers=sorted({fault.pointer for one in answer.rejected for fault in one.faults})[:10],
    )
