"""What became of the items of a request with events, and how the answer says it."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from services.ingest.domain.faults import MOST_OF_AN_ANSWER, Fault
from services.ingest.web.answers import AnswerShape, ErrorShape, Index, errors

MOST_LISTED = 2000


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
            rejected = answer.rejected[: MOST_LISTED - len(self.rejected)]
            self.warnings += [replace(warning, index=warning.index + self.items) for warning in warned]
            self.rejected += [self._listed(item) for item in rejected]
            self.warnings_left_out += len(answer.warnings) - len(warned)
            self.rejected_left_out += len(answer.rejected) - len(rejected)
        self.items += items

    def _listed(self, item: Rejected) -> Rejected:
        """Return a rejected item with as many of its faults as there is room for, one at least."""
        listed = item.faults[: max(1, MOST_OF_AN_ANSWER - self.faults)]
        self.faults += len(listed)
        self.faults_left_out += len(item.faults) - len(listed)
        return Rejected(item.index + self.items, item.id, listed)


class WarningShape(AnswerShape):
    """Something odd about an accepted event."""

    index: Index
    id: str
    pointer: str
    detail: str


class RejectedShape(AnswerShape):
    """An item that was not accepted."""

    index: Index
    id: str | None
    errors: list[ErrorShape]


class LeftOut(AnswerShape):
    """How many warnings and rejected items a request had beyond those listed, and errors of those listed."""

    warnings: int
    rejected: int
    errors: int = 0


class EventsAnswer(AnswerShape):
    """Each item is accepted, a duplicate (of one accepted within some minutes) or rejected.

    The lists hold the first 2000 entries each, an entry up to 20 errors; beyond 200 errors altogether an
    entry has its first one. `left_out` is there only where there was more.
    """

    accepted: int
    duplicates: int
    warnings: list[WarningShape]
    rejected: list[RejectedShape]
    left_out: LeftOut | None = None


def encoded(total: Total) -> bytes:
    """Return the answer's JSON."""
    if not (total.warnings or total.rejected):
        # Nearly every answer; written out, it costs a tenth.
        return b'{"accepted":%d,"duplicates":%d,"warnings":[],"rejected":[]}' % (
            total.accepted,
            total.duplicates,
        )
    shape = _shape(total)
    return shape.model_dump_json(exclude={"left_out"} if shape.left_out is None else None).encode()


def _shape(total: Total) -> EventsAnswer:
    left_out = LeftOut(
        warnings=total.warnings_left_out, rejected=total.rejected_left_out, errors=total.faults_left_out
    )
    return EventsAnswer(
        accepted=total.accepted,
        duplicates=total.duplicates,
        warnings=[
            WarningShape(
                index=warning.index,
                id=warning.id,
                pointer=warning.fault.pointer,
                detail=warning.fault.detail,
            )
            for warning in total.warnings
        ],
        rejected=[
            RejectedShape(index=item.index, id=item.id, errors=errors(item.faults)) for item in total.rejected
        ],
        left_out=left_out if left_out != LeftOut(warnings=0, rejected=0) else None,
    )
