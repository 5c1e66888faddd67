"""Accepting events: judge each, publish the fit ones together, answer when the stream has them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from contracts.ids import Publisher
from contracts.stage import StageEvent
from contracts.streams import STAGE_SUBJECT
from runtime.clock import Clock
from runtime.jetstream import Outgoing, Stored, Unknown
from runtime.logs import logger
from services.ingest.domain.digest import message_id
from services.ingest.domain.events import CloudEvent, Fit, Rules, Unfit, judge
from services.ingest.domain.faults import Fault
from services.ingest.metrics import Metrics
from services.ingest.problems import unavailable

LOG = logger(__name__)


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request's items: each is accepted, a duplicate or rejected."""

    accepted: int
    duplicates: int
    warnings: tuple[Warned, ...]
    rejected: tuple[Rejected, ...]


class AcceptEvents:
    """The use case behind `POST /v1/events`."""

    def __init__(self, rules: Rules, stream: Publishes, clock: Clock, metrics: Metrics) -> None:
        self._rules = rules
        self._stream = stream
        self._clock = clock
        self._metrics = metrics

    async def run(self, publisher: Publisher, items: Sequence[CloudEvent | Unfit]) -> Answer:
        """Accept what is fit; ProblemError 503 where the stream did not acknowledge every one."""
        started = self._clock.monotonic()
        fit: list[StageEvent] = []
        warnings: list[Warned] = []
        rejected: list[Rejected] = []
        now = self._clock.now()
        for index, item in enumerate(items):
            verdict = item if isinstance(item, Unfit) else judge(item, publisher, self._rules, now)
            match verdict:
                case Fit(event, odd):
                    fit.append(event)
                    warnings += [Warned(index, event.event_id, one) for one in odd]
                case Unfit(id_, faults):
                    rejected.append(Rejected(index, id_, faults))
                case _:
                    assert_never(verdict)
        duplicates = await self._publish(publisher, fit)
        answer = Answer(len(fit) - duplicates, duplicates, tuple(warnings), tuple(rejected))
        self._count(answer, self._clock.monotonic() - started)
        _log(publisher, answer)
        return answer

    async def _publish(self, publisher: Publisher, events: Sequence[StageEvent]) -> int:
        results = await self._stream.publish([_outgoing(event) for event in events]) if events else []
        unknown = [one for one in results if isinstance(one, Unknown)]
        if unknown:
            self._metrics.unknown.inc(len(unknown))
            LOG.warning(
                "events of unknown fate", publisher=publisher, count=len(unknown), first=unknown[0].why
            )
            raise unavailable("not every event was acknowledged; send the identical request again")
        return sum(one.duplicate for one in results if isinstance(one, Stored))

    def _count(self, answer: Answer, seconds: float) -> None:
        counts = (answer.accepted, answer.duplicates, len(answer.rejected))
        for result, count in zip(("accepted", "duplicate", "rejected"), counts, strict=True):
            self._metrics.events.labels(result).inc(count)
        self._metrics.warnings.inc(len(answer.warnings))
        self._metrics.batch.observe(sum(counts))
        self._metrics.accepting.observe(seconds)


def _outgoing(event: StageEvent) -> Outgoing:
    identity = message_id(event.publisher, event.event_id, event.digest)
    return Outgoing(STAGE_SUBJECT, identity, event.encoded())


def _log(publisher: Publisher, answer: Answer) -> None:
    said = LOG.info if answer.rejected or answer.warnings else LOG.debug
    said(
        "events taken in",
        publisher=publisher,
        accepted=answer.accepted,
        duplicates=answer.duplicates,
        warnings=len(answer.warnings),
        rejected=len(answer.rejected),
        pointers=sorted({fault.pointer for one in answer.rejected for fault in one.faults})[:10],
    )
