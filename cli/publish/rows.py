"""A back office's export as rows: CSV as spreadsheets write it, or a JSON object on each line."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from cli.errors import CommandError
from cli.publish.mapping import ColumnMap, UnreadableCellError

Form = Literal["csv", "jsonl"]
NEEDED = ("event_id", "application_number", "document_type", "stage", "occurred_at")
OPTIONAL = ("office", "sequence", "expected_at", "missing", "note", "correction", "restart", "notify")
EVENT_TYPE = "docwatch.stage.v1"
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Row:
    """One event of the file; `line` counts from 1."""

    line: int
    fields: Mapping[str, object]

    @property
    def event_id(self) -> str:
        """The event's id as the file has it, or nothing."""
        return str(self.fields.get("event_id") or self.fields.get("id") or "")


@dataclass(frozen=True)
class Broken:
    """A line that is no event at all."""

    line: int
    reason: str


@dataclass(frozen=True)
class Ignored:
    """A column that nobody knows."""

    column: str


def read_rows(
    lines: Iterable[str], form: Form, mapping: ColumnMap | None = None
) -> Iterator[Row | Broken | Ignored]:
    """Yield what the file holds; CommandError where a CSV lacks a needed column.

    `lines` are decoded with `surrogateescape`, so that a line of another encoding is its own fault only.
    """
    for found in _csv(lines, mapping or ColumnMap()) if form == "csv" else _jsonl(lines):
        if isinstance(found, Row) and not _clean(found.fields):
            yield Broken(found.line, "is not UTF-8 text")
        else:
            yield found


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
    given = {name: value for name, value in row.fields.items() if value is not None and name in _KNOWN}
    envelope = {"id": given.pop("event_id", None), "time": given.pop("occurred_at", None)}
    said = {name: value for name, value in envelope.items() if value is not None}
    return {"specversion": "1.0", "type": EVENT_TYPE, "source": source, **said, "data": given}


_KNOWN = frozenset({*NEEDED, *OPTIONAL})


def _csv(lines: Iterable[str], mapping: ColumnMap) -> Iterator[Row | Broken | Ignored]:
    rest = iter(lines)
    header = next(rest, "")
    delimiter: str = mapping.delimiter or _guessed(header)
    reader = csv.reader(chain([header], rest), delimiter=delimiter)
    columns = mapping.renamed(next(reader, []))
    lacking = [name for name in NEEDED if name not in columns and name not in mapping.constants]
    if lacking:
        raise CommandError(
            f"the header lacks {', '.join(lacking)}; it may have {', '.join((*NEEDED, *OPTIONAL))}"
        )
    yield from (Ignored(name) for name in columns if name not in _KNOWN)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Broken(line, str(error))
            continue
        if len(cells) > len(columns):
            yield Broken(line, f"has {len(cells)} cells, the header {len(columns)}")
        elif any(cell.strip() for cell in cells):
            pairs = zip(columns, cells, strict=False)
            yield _row(line, {name: cell.strip() for name, cell in pairs if cell.strip()}, mapping)


def _guessed(header: str) -> str:
    return max(",;\t", key=header.count)


def _row(line: int, cells: Mapping[str, str], mapping: ColumnMap) -> Row | Broken:
    try:
        meant = mapping.meant(cells)
    except UnreadableCellError as error:
        return Broken(line, str(error))
    return Row(line, {name: _value(name, cell) for name, cell in meant.items()})


def _value(name: str, cell: str) -> object:
    """Return a cell as its JSON value, or as it is where it cannot be one: ingest says what is wrong."""
    if name == "sequence" and cell.isdecimal():
        return int(cell)
    if name == "missing":
        return [part.strip() for part in cell.split("|") if part.strip()]
    if name in ("correction", "restart", "notify"):
        return _FLAGS.get(cell.lower(), cell)
    return cell


def _jsonl(lines: Iterable[str]) -> Iterator[Row | Broken]:
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            fields = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            yield Broken(line, f"is not JSON: {error}")
            continue
        if isinstance(fields, dict):
            yield Row(line, fields)
        else:
            yield Broken(line, "is not a JSON object")


def _clean(fields: Mapping[str, object]) -> bool:
    try:
        json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
