"""The header of a CSV: which line it is, what separates its cells, and which column means what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cli.errors import CommandError
from cli.publish.lines import MOST_LINE
from cli.publish.mapping import ColumnMap
from cli.publish.records import Shape, Source, is_text

NEEDED = ("event_id", "application_number", "document_type", "stage", "occurred_at")
OPTIONAL = ("office", "sequence", "expected_at", "missing", "note", "correction", "restart", "notify")
KNOWN = frozenset({*NEEDED, *OPTIONAL})
MOST_COLUMNS = 1000
_MOST_ABOVE = 20
_DELIMITERS = (",", ";", "\t", "|")
_SAYS_SEPARATOR = re.compile(r'"?sep=([^\w"\s]|\t)"?[\r\n]*', re.IGNORECASE)
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)


@dataclass(frozen=True)
class Header:
    """`columns` by our names, in the file's order, and `names` as the file has them; `lines` up to its end.

    `above` are the numbers of lines before it that say something else.
    """

    delimiter: str
    columns: Sequence[str]
    names: Sequence[str]
    lines: int
    above: Sequence[int]

    @property
    def unknown(self) -> Sequence[str]:
        """The names of columns that are not read; nameless ones are not worth a word."""
        return [
            name
            for name, column in zip(self.names, self.columns, strict=True)
            if column not in KNOWN and name
        ]

    @property
    def shape(self) -> Shape:
        """What a row under it looks like."""
        needed = [place for place, column in enumerate(self.columns) if column in NEEDED]
        time = self.columns.index("occurred_at") if "occurred_at" in self.columns else None
        return Shape(self.delimiter, len(self.columns), needed, time)


def read_header(source: Source, mapping: ColumnMap, encoding: str) -> Header:
    """Take the header from the lines; CommandError where none of the first lines is one.

    A line `sep=;` names the separator, and titles above the header are passed over. The separator is the one
    with which the needed columns are found.
    """
    separator: str | None = mapping.delimiter
    above: list[int] = []
    fault: CommandError | None = None
    fewest = len(NEEDED) + 1
    while len(above) <= _MOST_ABOVE and (line := source.take()) is not None:
        if says := _SAYS_SEPARATOR.fullmatch(line):
            separator = says[1]
            continue
        if not line.strip(" \t,;|\r\n"):
            continue
        number = source.taken
        if len(line) > MOST_LINE:
            fault = fault or CommandError(f"line {number} is longer than {MOST_LINE} characters")
            fewest = min(fewest, len(NEEDED))
            above.append(number)
            continue
        found, names = _best(source, line, separator, mapping)
        lacking = [name for name in NEEDED if name not in mapping.constants and name not in found.columns]
        if not lacking and names:
            return _checked(Header(found.delimiter, found.columns, names, source.taken, above), encoding)
        if len(lacking) < fewest:
            fewest, fault = len(lacking), _fault(line, number, lacking, names, encoding)
        above.append(number)
    raise fault or CommandError("the file is empty")


@dataclass(frozen=True)
class _Guess:
    delimiter: str
    columns: Sequence[str]


def _best(
    source: Source, line: str, separator: str | None, mapping: ColumnMap
) -> tuple[_Guess, Sequence[str]]:
    """Return the reading of a line in which most needed columns are found, and the names as they stand."""
    best = _Guess(separator or ",", ())
    names: Sequence[str] = ()
    following: Sequence[str] = ()
    most, unclosed = -1, False
    for delimiter in (separator,) if separator else sorted(_DELIMITERS, key=line.count, reverse=True):
        joined = source.record(line, delimiter, MOST_COLUMNS)
        if joined is None:
            unclosed = True
            continue
        source.put_back(joined.lines[1:])
        cells = header_cells(joined.cells)
        columns = mapping.renamed(cells)
        found = len({*columns} & {*NEEDED})
        if found > most:
            most, best, names, following = found, _Guess(delimiter, columns), cells, joined.lines[1:]
    if unclosed and most <= 0:
        return best, ()
    for _ in following:
        source.take()
    return best, names


def _fault(
    line: str, number: int, lacking: Sequence[str], names: Sequence[str], encoding: str
) -> CommandError:
    if not is_text(line):
        return _not_text(encoding)
    if not names:
        return CommandError(f"the header, line {number}, has a quote that is never closed")
    return CommandError(
        f"the header lacks {', '.join(lacking)}; it may have {', '.join((*NEEDED, *OPTIONAL))}"
    )


def _not_text(encoding: str) -> CommandError:
    return CommandError(f"the header is not {encoding} text; say its encoding, such as --encoding cp1251")


def _checked(header: Header, encoding: str) -> Header:
    if not is_text("".join(header.names)):
        raise _not_text(encoding)
    if len(header.columns) > MOST_COLUMNS:
        raise CommandError(f"the header has more than {MOST_COLUMNS} columns")
    for place, column in enumerate(header.columns):
        before = header.columns.index(column)
        if before < place and column in KNOWN:
            one, other = (f"{at + 1} ({header.names[at]})" for at in (before, place))
            raise CommandError(f"columns {one} and {other} both mean {column}; leave one of them out")
    return header


def header_cells(cells: Sequence[str]) -> Sequence[str]:
    """Return the names in a header, without the invisible characters that come along by copying."""
    return [clean_cell(cell).strip(_INVISIBLE).strip() for cell in cells]


def clean_cell(cell: str) -> str:
    """Return what a cell says: without spaces around it, and `="00123"` as 00123."""
    cell = cell.strip()
    if cell.startswith('="') and (text := _AS_TEXT.fullmatch(cell)):
        cell = text[1].replace('""', '"').strip()
    return cell
