"""Publishing a whole export: batches in the file's order, and a report of what became of every line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from cli.publish.ingest_client import IngestClient, Published, RefusedError, UndeliveredError
from cli.publish.rows import (
    BrokenRow,
    DoubtfulRow,
    IgnoredColumn,
    Item,
    LineAboveHeader,
    Row,
    Tally,
    as_event,
)

MOST_FINDINGS = 10_000
_MOST_CHARACTERS = 4 * 1024 * 1024
_OF_CONTENT = frozenset({400, 413, 422})
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
    `resumed_after` is the line up to which an earlier run had come, whose findings are not repeated.
    `lines` were read, `header` of them up to the header's end and `blank` ones below it.
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
    lines: int = 0
    header: int = 0
    blank: int = 0

    @property
    def complete(self) -> bool:
        """Whether every line was accepted, now or before."""
        return not self.rejected_lines and self.undelivered is None

    def warn(self, *findings: Finding) -> None:
        """Note what is odd, as long as there is room."""
        self._keep(self.warnings, findings)

    def refuse(self, *findings: Finding) -> None:
        """Note a line that was rejected, for one fault or several."""
        self.rejected_lines += 1
        self._keep(self.rejected, findings)

    def note(self, item: BrokenRow | IgnoredColumn | LineAboveHeader | DoubtfulRow) -> None:
        """Note what the reader says of something that is no event."""
        match item:
            case BrokenRow(line, reason):
                self.refuse(Finding(line, "", "line", reason))
            case IgnoredColumn(column):
                self.warn(Finding(1, "", column, "is not a known column and is ignored"))
            case DoubtfulRow(line, column, reason):
                self.warn(Finding(line, "", column, reason))
            case LineAboveHeader(line):
                self.warn(Finding(line, "", "line", "stands above the header and is passed over"))

    def count(self, tally: Tally) -> None:
        """Take over how many lines were read."""
        self.lines, self.header, self.blank = tally.lines, tally.header, tally.blank

    def _keep(self, known: list[Finding], findings: Sequence[Finding]) -> None:
        room = max(0, MOST_FINDINGS - len(known))
        known += findings[:room]
        self.left_out += max(0, len(findings) - room)

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {**asdict(self), "complete": self.complete}


async def publish_rows(
    rows: Iterable[Item],
    client: IngestClient,
    *,
    batch: int = 200,
    baseline: bool = False,
    progress: Callable[[Report], None] = lambda _: None,
    report: Report | None = None,
) -> Report:
    """Send every row, one batch after the other; RefusedError where the requests themselves are refused.

    A given `report` is gone on with: lines up to its `resumed_after` are passed over.
    Where a batch cannot be delivered the rest is not tried, so that the file's order is kept. Where a request
    is refused for what it holds, the rows at fault are found and rejected, and the others go on.
    """
    report = report or Report()
    source = await client.publisher()
    for part in _batches(rows, batch, report):
        try:
            await _send(report, part, client, lambda row: as_event(row, source, baseline=baseline))
        except UndeliveredError as error:
            report.undelivered = Finding(part[0].line, part[0].event_id, "", str(error))
            break
        report.line = part[-1].line
        progress(report)
    return report


async def _send(
    report: Report, part: Sequence[Row], client: IngestClient, event: Callable[[Row], Mapping[str, object]]
) -> None:
    """Send rows as one request, or in halves where it is refused for its content."""
    try:
        answer = await client.publish([event(row) for row in part])
    except RefusedError as error:
        if error.status not in _OF_CONTENT:
            raise
        if len(part) == 1:
            report.refuse(Finding(part[0].line, part[0].event_id, "line", error.detail))
            return
        middle = len(part) // 2
        await _send(report, part[:middle], client, event)
        await _send(report, part[middle:], client, event)
    else:
        _add(report, part, answer)


def _batches(rows: Iterable[Item], size: int, report: Report) -> Iterator[Sequence[Row]]:
    """Yield rows in batches; what is none goes to the report."""
    waiting: list[Row] = []
    characters = 0
    for item in rows:
        if isinstance(item, Row | BrokenRow) and item.line <= report.resumed_after:
            continue
        if not isinstance(item, Row):
            report.note(item)
            continue
        waiting.append(item)
        characters += item.size
        if len(waiting) == size or characters > _MOST_CHARACTERS:
            yield waiting
            waiting, characters = [], 0
    if waiting:
        yield waiting


def _add(report: Report, part: Sequence[Row], answer: Published) -> None:
    report.accepted += answer.accepted
    report.duplicates += answer.duplicates
    report.warn(*(_finding(part[warning["index"]], warning) for warning in answer.warnings))
    for item in answer.rejected:
        report.refuse(*(_finding(part[item["index"]], error) for error in item["errors"]))


def _finding(row: Row, fault: Mapping[str, str]) -> Finding:
    pointer = fault["pointer"]
    name = _FIELDS.get(pointer) or pointer.removeprefix("/data/").removeprefix("/")
    return Finding(row.line, row.event_id, name, fault["detail"])
