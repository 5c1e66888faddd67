"""A back office's export as rows: CSV as spreadsheets write it, or a JSON object on each line."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from cli.errors import CommandError
from cli.publish.header import KNOWN, NEEDED, Header, clean_cell, header_cells, read_header
from cli.publish.lines import MOST_LINE
from cli.publish.mapping import ColumnMap, UnreadableCellError
from cli.publish.records import NOT_TEXT, Damage, Record, Source, is_text, read_records

Form = Literal["csv", "jsonl"]
EVENT_TYPE = "docwatch.stage.v1"
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_MOST_DIGITS = 19
_IDS = ("event_id", "application_number")
_AS_NUMBER = re.compile(r"[+-]?\d(?:[.,]\d+)?[Ee]\+\d{1,3}")
_DOUBTFUL_ENDS = (".0", ",0", "000")
_DOUBTS = (
    (re.compile(r"\d+[.,]0"), "ends in .0, as where a program takes it for a number"),
    (re.compile(r"\d{15,}000"), "ends in zeros after its 15th digit, as where a spreadsheet rounds it"),
)
_FORMULA_FAULT = re.compile(r"#{2,}|#[\w/?!]+[?!]|#N/A|#Н/Д", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One event of the file; `line` counts from 1, `lines` are those it takes, `size` is in characters."""

    line: int
    fields: Mapping[str, object]
    lines: int = 1
    size: int = 0

    @property
    def event_id(self) -> str:
        """The event's id as the file has it, or nothing."""
        return str(self.fields.get("event_id") or self.fields.get("id") or "")


@dataclass(frozen=True)
class BrokenRow:
    """Lines that are no event at all, from `line` on."""

    line: int
    reason: str
    lines: int = 1


@dataclass(frozen=True)
class MangledRow(BrokenRow):
    """A row whose id a spreadsheet turned into a rounded number, so that its digits are lost."""


@dataclass(frozen=True)
class IgnoredColumn:
    """A column that nobody knows."""

    column: str


@dataclass(frozen=True)
class LineAboveHeader:
    """A line above the header that is passed over, such as a title."""

    line: int


@dataclass(frozen=True)
class DoubtfulRow:
    """A row, the first of its kind, whose id a program seems to have changed; it is sent nevertheless."""

    line: int
    field: str
    reason: str


Item = Row | BrokenRow | IgnoredColumn | LineAboveHeader | DoubtfulRow


@dataclass
class Tally:
    """What was read so far: `lines` in all, up to the header's end `header`, and `blank` ones below it.

    Every other line is in a Row or a BrokenRow.
    """

    lines: int = 0
    header: int = 0
    blank: int = 0


def read_rows(
    lines: Iterable[str],
    form: Form,
    mapping: ColumnMap | None = None,
    *,
    encoding: str = "UTF-8",
    tally: Tally | None = None,
) -> Iterator[Item]:
    """Yield what the file holds; CommandError where it cannot be read at all.

    A byte that the encoding does not know is a lone surrogate in `lines`, and its line's fault only.
    """
    tally = tally or Tally()
    return (
        _csv(lines, mapping or ColumnMap(), encoding, tally)
        if form == "csv"
        else _jsonl(lines, encoding, tally)
    )


def as_event(row: Row, source: str, *, baseline: bool = False) -> Mapping[str, object]:
    """Return a row as a CloudEvent; one that is a CloudEvent already stays as it is.

    A `baseline` is history: the tracker learns it and nobody is told.
    """
    event = _event(row, source)
    data = event.get("data")
    return {**event, "data": {**data, "notify": False}} if baseline and isinstance(data, dict) else event


def _event(row: Row, source: str) -> Mapping[str, object]:
    if "specversion" in row.fields:
        return row.fields
    given = {name: value for name, value in row.fields.items() if value is not None and name in KNOWN}
    envelope = {"id": given.pop("event_id", None), "time": given.pop("occurred_at", None)}
    given_envelope = {name: value for name, value in envelope.items() if value is not None}
    return {"specversion": "1.0", "type": EVENT_TYPE, "source": source, **given_envelope, "data": given}


def _csv(lines: Iterable[str], mapping: ColumnMap, encoding: str, tally: Tally) -> Iterator[Item]:
    source = Source(lines)
    header = read_header(source, mapping, encoding)
    tally.lines = tally.header = header.lines
    yield from (LineAboveHeader(line) for line in header.above)
    yield from (IgnoredColumn(name) for name in header.unknown)
    table = _Table(header, mapping)
    for record in read_records(source, header.shape, encoding):
        tally.lines += record.lines
        if isinstance(record, Damage):
            yield BrokenRow(record.line, record.reason, record.lines)
        elif (row := table.row(record)) is None:
            tally.blank += record.lines
        else:
            yield from table.doubts(row)
            yield row


class _Table:
    """Turns records into rows by the header and the mapping."""

    def __init__(self, header: Header, mapping: ColumnMap) -> None:
        self._mapping = mapping
        self._means = bool(mapping.constants or mapping.values or mapping.time)
        self._width = len(header.columns)
        self._known = [(place, name) for place, name in enumerate(header.columns) if name in KNOWN]
        self._names = header.names
        self._first = header.names[header.columns.index("event_id")] if "event_id" in header.columns else None
        self._below: int | None = None
        self._doubted: set[str] = set()

    def row(self, record: Record) -> Row | BrokenRow | None:
        """Return what a record says; None where it says nothing."""
        cells, width = record.cells, self._width
        if len(cells) != width and (fault := self._width_fault(record)):
            return BrokenRow(record.line, fault, record.lines)
        many = len(cells)
        fields: dict[str, str] = {}
        for place, name in self._known:
            if place < many and (cell := clean_cell(cells[place])):
                fields[name] = cell
        if not fields and not any(map(str.strip, cells)):
            return None
        if self._first and fields.get("event_id") == self._first and (fault := self._header_again(record)):
            return BrokenRow(record.line, fault, record.lines)
        if self._below is not None:
            return BrokenRow(record.line, f"stands below another header, line {self._below}", record.lines)
        try:
            meant: Mapping[str, object] = _values(self._mapping.meant(fields) if self._means else fields)
        except UnreadableCellError as error:
            return BrokenRow(record.line, str(error), record.lines)
        return _lost_id(meant, record.line, record.lines) or Row(
            record.line, meant, record.lines, record.size
        )

    def doubts(self, row: Row | BrokenRow) -> Iterator[DoubtfulRow]:
        """Yield what is doubtful about a row's ids, each kind once in a file."""
        if isinstance(row, BrokenRow):
            return
        for name in _IDS:
            cell = row.fields.get(name)
            if isinstance(cell, str) and cell.endswith(_DOUBTFUL_ENDS) and name not in self._doubted:
                for pattern, reason in _DOUBTS:
                    if pattern.fullmatch(cell):
                        self._doubted.add(name)
                        yield DoubtfulRow(row.line, name, reason)

    def _width_fault(self, record: Record) -> str | None:
        cells, width = record.cells, self._width
        if any(map(str.strip, cells[width:])):
            return f"has {len(cells)} cells, the header {width}"
        if record.quoted_badly:
            return f"has text behind a closing quote, and {len(cells)} cells, the header {width}"
        return None

    def _header_again(self, record: Record) -> str | None:
        """Return what to say of a header amid the rows, as in files that were put together."""
        names = header_cells(record.cells)
        if names == self._names:
            self._below = None
            return "is the header again"
        columns = {*self._mapping.renamed(names), *self._mapping.constants}
        if not columns >= {*NEEDED}:
            return None
        self._below = record.line
        return "is another header than the first; publish what follows as a file of its own"


def _values(cells: Mapping[str, str]) -> Mapping[str, object]:
    """Return cells as JSON values, or as they are where they cannot be one: ingest says what is wrong."""
    values: dict[str, object] = dict(cells)
    if (sequence := cells.get("sequence")) and sequence.isdecimal() and len(sequence) <= _MOST_DIGITS:
        values["sequence"] = int(sequence)
    if missing := cells.get("missing"):
        values["missing"] = [part.strip() for part in missing.split("|") if part.strip()]
    for name in ("correction", "restart", "notify"):
        if flag := cells.get(name):
            values[name] = _FLAGS.get(flag.lower(), flag)
    return values


def _lost_id(fields: Mapping[str, object], line: int, lines: int) -> BrokenRow | None:
    """Return what to say of a row whose id or number a spreadsheet has replaced."""
    for name in _IDS:
        cell = fields.get(name)
        if not isinstance(cell, str):
            continue
        if "+" in cell and _AS_NUMBER.fullmatch(cell):
            return MangledRow(
                line, f"{name} was rounded to a number by a spreadsheet; its digits are lost", lines
            )
        if cell[:1] == "#" and _FORMULA_FAULT.fullmatch(cell):
            return BrokenRow(line, f"{name} is a spreadsheet's error, not an id", lines)
    return None


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:40]} stands in it twice")
    return members


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number).decode


def _jsonl(lines: Iterable[str], encoding: str, tally: Tally) -> Iterator[Row | BrokenRow]:
    for line, text in enumerate(lines, start=1):
        tally.lines = line
        if text.isspace():
            tally.blank += 1
            continue
        if line == 1 and text.lstrip("\ufeff ").startswith("["):
            raise CommandError("is one JSON array; write an object on each line (jq -c '.[]' does it)")
        yield _object(line, text.removeprefix("\ufeff"), encoding)


def _object(line: int, text: str, encoding: str) -> Row | BrokenRow:
    if len(text) > MOST_LINE:
        return BrokenRow(line, f"is longer than {MOST_LINE} characters")
    if not text.isascii() and not is_text(text):
        return BrokenRow(line, NOT_TEXT.format(encoding))
    try:
        fields = _decode(text.strip())
    except (ValueError, RecursionError) as error:
        return BrokenRow(line, f"is not JSON: {error}")
    if not isinstance(fields, dict):
        return BrokenRow(line, "is not a JSON object")
    if "\\u" in text and not is_text(json.dumps(fields, ensure_ascii=False)):
        return BrokenRow(line, "holds half a character (a lone surrogate)")
    return _lost_id(fields, line, 1) or Row(line, fields, size=len(text))
