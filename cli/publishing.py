"""Publishing a whole export: batches in the file's order, and a report of what became of every line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from cli.ingest_client import IngestClient, Published, UndeliveredError
from cli.rows import Broken, Ignored, Row, as_event

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
    """What became of a file; `undelivered` says from which line on nothing is known to have arrived."""

    accepted: int = 0
    duplicates: int = 0
    warnings: list[Finding] = field(default_factory=list)
    rejected: list[Finding] = field(default_factory=list)
    undelivered: Finding | None = None

    @property
    def complete(self) -> bool:
        """Whether every line was accepted, now or before."""
        return not self.rejected and self.undelivered is None

    @property
    def rejected_lines(self) -> int:
        """How many lines were rejected; a line may have several faults."""
        return len({finding.line for finding in self.rejected})

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {**asdict(self), "rejected_lines": self.rejected_lines, "complete": self.complete}


async def publish_rows(
    rows: Iterable[Row | Broken | Ignored],
    client: IngestClient,
    *,
    batch: int = 200,
    progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Send every row, one batch after the other; RefusedError where the requests themselves are refused.

    Where a batch cannot be delivered the rest is not tried, so that the file's order is kept.
    """
    report = Report()
    source = await client.publisher()
    for part in _batches(rows, batch, report):
        events = [as_event(row, source) for row in part]
        try:
            _add(report, part, await client.publish(events))
        except UndeliveredError as error:
            report.undelivered = Finding(part[0].line, part[0].event_id, "", str(error))
            break
        progress(report)
    return report


def _batches(rows: Iterable[Row | Broken | Ignored], size: int, report: Report) -> Iterator[Sequence[Row]]:
    """Yield rows in batches; what is none goes to the report."""
    waiting: list[Row] = []
    for row in rows:
        match row:
            case Row():
                waiting.append(row)
            case Broken(line, reason):
                report.rejected.append(Finding(line, "", "line", reason))
            case Ignored(column):
                report.warnings.append(Finding(1, "", column, "is not a known column and is ignored"))
        if len(waiting) == size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _add(report: Report, part: Sequence[Row], answer: Published) -> None:
    report.accepted += answer.accepted
    report.duplicates += answer.duplicates
    report.warnings += [_finding(part[one["index"]], one) for one in answer.warnings]
    report.rejected += [
        _finding(part[one["index"]], error) for one in answer.rejected for error in one["errors"]
    ]


def _finding(row: Row, said: Mapping[str, str]) -> Finding:
    pointer = said["pointer"]
    name = _FIELDS.get(pointer) or pointer.removeprefix("/data/").removeprefix("/")
    return Finding(row.line, row.event_id, name, said["detail"])
