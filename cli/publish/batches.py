"""Publishing a whole export: batches in the file's order, and a report of what became of every line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from cli.publish.ingest_client import IngestClient, Published, UndeliveredError
from cli.publish.rows import (
    Broken,
    Ignored,
    Row,
    as_event,
)

MOST_FINDINGS = 10_000
_FIELDS = {"/id": "event_id", "/time": "occurred_at", "": "line"}


@dataclass(frozen=True)
class Finding:
    """What is said about one line: the field as the file names it, and the reason."""

    line: int
    event_id: str
    field: str
    reason: str


@dataclass
class Report:
    """What became of a file; `undelivered` says from which line on nothing is known to have arrived.

    `line` is the last one whose fate is known, `left_out` counts findings beyond those kept, and
    `resumed_after` is the line up to which an earlier run had come, whose findings are not told again.
    """

    accepted: int = 0
    duplicates: int = 0
    warnings: list[Finding] = field(default_factory=list)
    rejected: list[Finding] = field(default_factory=list)
    undelivered: Finding | None = None
    rejected_lines: int = 0
    left_out: int = 0
    line: int = 0
    resumed_after: int = 0

    @property
    def complete(self) -> bool:
        """Whether every line was accepted, now or before."""
        return not self.rejected_lines and self.undelivered is None

    def warn(self, *findings: Finding) -> None:
        """Note what is odd, as long as there is room."""
        self._note(self.warnings, findings)

    def refuse(self, *findings: Finding) -> None:
        """Note a line that was rejected, for one fault or several."""
        self.rejected_lines += 1
        self._note(self.rejected, findings)

    def _note(self, known: list[Finding], findings: Sequence[Finding]) -> None:
        room = max(0, MOST_FINDINGS - len(known))
        known += findings[:room]
        self.left_out += max(0, len(findings) - room)

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {**asdict(self), "complete": self.complete}


async def publish_rows(
    rows: Iterable[Row | Broken | Ignored],
    client: IngestClient,
    *,
    batch: int = 200,
    baseline: bool = False,
    progress: Callable[[Report], None] = lambda _: None,
    report: Report | None = None,
) -> Report:
    """Send every row, one batch after the other; RefusedError where the requests themselves are refused.

    A given `report` is gone on with: lines up to its `resumed_after` are passed over.
    Where a batch cannot be delivered the rest is not tried, so that the file's order is kept.
    """
    report = report or Report()
    source = await client.publisher()
    for part in _batches(rows, batch, report):
        events = [as_event(row, source, baseline=baseline) for row in part]
        try:
            _add(report, part, await client.publish(events))
        except UndeliveredError as error:
            report.undelivered = Finding(part[0].line, part[0].event_id, "", str(error))
            break
        report.line = part[-1].line
        progress(report)
    return report


def _batches(rows: Iterable[Row | Broken | Ignored], size: int, report: Report) -> Iterator[Sequence[Row]]:
    """Yield rows in batches; what is none goes to the report."""
    waiting: list[Row] = []
    for row in rows:
        if not isinstance(row, Ignored) and row.line <= report.resumed_after:
            continue
        match row:
            case Row():
                waiting.append(row)
            case Broken(line, reason):
                report.refuse(Finding(line, "", "line", reason))
            case Ignored(column):
                report.warn(Finding(1, "", column, "is not a known column and is ignored"))
        if len(waiting) == size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _add(report: Report, part: Sequence[Row], answer: Published) -> None:
    report.accepted += answer.accepted
    report.duplicates += answer.duplicates
    report.warn(*(_finding(part[one["index"]], one) for one in answer.warnings))
    for one in answer.rejected:
        report.refuse(*(_finding(part[one["index"]], error) for error in one["errors"]))


def _finding(row: Row, said: Mapping[str, str]) -> Finding:
    pointer = said["pointer"]
    name = _FIELDS.get(pointer) or pointer.removeprefix("/data/").removeprefix("/")
    return Finding(row.line, row.event_id, name, said["detail"])
