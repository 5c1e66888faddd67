"""Records of a CSV: cells in quotes, cells of several lines, and quotes that nobody closed.

A quote that is never closed would swallow whatever follows. So a record of several lines is believed only
where its quotes close as they should and no line inside it looks like a row of its own. Where they do not
close, the first line alone is damaged and the next ones are read by themselves. Where they do close but hold
lines that look like rows, all of them are damaged: a text cell into which somebody pasted a row must not
become an event.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cli.publish.lines import MOST_LINE

MOST_RECORD = 1024 * 1024
"""How many characters a record of several lines may have."""

MOST_BROKEN_CELLS = 20
"""How many cells with line breaks a record may have: it bounds how often a line of a hostile file is read."""

NOT_TEXT = "is not {} text; name the encoding of the file (--encoding)"
_CUT = "is cut short: the file ends in the middle of it"
_FEWEST_DIGITS = 6
_AT_BEGINNINGS = "\ufeff\x1a"
"""Files that were put together have a byte order mark at each beginning; DOS ends a file with Ctrl-Z."""


class Record(NamedTuple):
    """Cells as they are meant; `quoted_badly` where text stands behind a closing quote."""

    line: int
    lines: int
    size: int
    cells: Sequence[str]
    quoted_badly: bool


class Damage(NamedTuple):
    """Lines that are no record, from `line` on."""

    line: int
    reason: str
    lines: int


@dataclass(frozen=True)
class Shape:
    """What a row of this file looks like: columns that each one fills, and the one of its time, from 0."""

    delimiter: str
    width: int
    needed: Sequence[int]
    time: int | None

    def is_row(self, line: str, *, whole: bool) -> bool:
        """Tell whether a line by itself could be a row, quotes aside; `whole`: of the header's width."""
        cells = line.replace('"', "").rstrip("\r\n").split(self.delimiter)
        if whole and len(cells) != self.width:
            return False
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > self.width or len(cells) <= max(self.needed, default=0):
            return False
        if not all(cells[place].strip() for place in self.needed):
            return False
        return self.time is None or sum(map(str.isdecimal, cells[self.time])) >= _FEWEST_DIGITS


class _Quoting(NamedTuple):
    opening: "re.Pattern[str]"
    whole: "re.Pattern[str]"
    closed: "re.Pattern[str]"
    closing: "re.Pattern[str]"
    paired: "re.Pattern[str]"


@lru_cache
def _quoting(delimiter: str) -> _Quoting:
    inside = r'[^"]*+(?:""[^"]*+)*+'
    then = rf" *(?={re.escape(delimiter)}|[\r\n]*\Z)"
    return _Quoting(
        opening=re.compile(' *"'),
        whole=re.compile(rf' *"({inside})"{then}'),
        closed=re.compile(rf' *"{inside}"'),
        closing=re.compile(rf'({inside})"{then}'),
        paired=re.compile(rf"{inside}\Z"),
    )


class Source:
    """Lines that may be put back; `taken` is the number of the last one that is out."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self.taken = 0

    def take(self) -> str | None:
        """Return the next line."""
        line = self._back.popleft() if self._back else next(self._lines, None)
        if line is not None:
            self.taken += 1
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        """Put back the last lines taken, in their order."""
        self._back.extendleft(reversed(lines))
        self.taken -= len(lines)

    def record(self, line: str, delimiter: str, most: int) -> "Joined | None":
        """Return the cells of a record that begins with a line just taken; None, where a quote stays open.

        `most` is how many cells it may have. Lines of a record that does not close are put back.
        """
        cells: list[str] = []
        open_text, bad = _scan(line, 0, cells, delimiter)
        if open_text is None:
            return Joined(cells, [line], [], bad)
        lines, size = [line], len(line)
        spans, broken_cells = [(0, len(cells))], 0
        quoting = _quoting(delimiter)
        parts = [open_text]
        while open_text is not None:
            following = self.take()
            if following is None:
                break
            lines.append(following)
            size += len(following)
            if size > MOST_RECORD:
                break
            end = quoting.closing.match(following)
            if end is None:
                if not quoting.paired.match(following):
                    break
                parts.append(following)
                spans.append((len(cells), len(cells)))
                continue
            begun = len(cells)
            cells.append("".join((*parts, end[1])).replace('""', '"'))
            open_text = None
            if end.end() < len(following.rstrip("\r\n")):
                open_text, bad = _scan(following, end.end() + len(delimiter), cells, delimiter)
                parts = [open_text or ""]
            spans.append((begun, len(cells) - (open_text is None)))
            broken_cells += 1
            if bad or len(cells) > most or broken_cells > MOST_BROKEN_CELLS:
                break
        else:
            return Joined(cells, lines, spans, quoted_badly=False)
        self.put_back(lines[1:])
        return None


class Joined(NamedTuple):
    """A record's cells and its lines; for several lines, the columns in which each begins and ends."""

    cells: list[str]
    lines: list[str]
    spans: list[tuple[int, int]]
    quoted_badly: bool


def _scan(line: str, at: int, cells: list[str], delimiter: str) -> tuple[str | None, bool]:
    """Append the cells of a line from a place on; return the text of an open one, and if any is bad."""
    opening, whole, closed, *_ = _quoting(delimiter)
    end, bad = len(line.rstrip("\r\n")), False
    while True:
        stop, after = None, at
        if quote := opening.match(line, at):
            if cell := whole.match(line, at):
                cells.append(cell[1].replace('""', '"'))
                stop = cell.end()
            elif text := closed.match(line, at):
                bad, after = True, text.end()
            else:
                return line[quote.end() :], bad
        if stop is None:
            place = line.find(delimiter, after)
            stop = end if place < 0 else place
            cells.append(line[at:stop])
        if stop >= end:
            return None, bad
        at = stop + len(delimiter)


def read_records(source: Source, shape: Shape, encoding: str) -> Iterator[Record | Damage]:
    """Yield what follows the header: each physical line is in exactly one record or damage."""
    delimiter, width = shape.delimiter, shape.width
    take = source.take
    usual = width
    while (line := take()) is not None:
        number = source.taken
        if len(line) > MOST_LINE:
            yield Damage(number, f"is longer than {MOST_LINE} characters", 1)
            continue
        if line[0] in _AT_BEGINNINGS:
            line = line.lstrip(_AT_BEGINNINGS) or "\n"
        bad = False
        if '"' not in line:
            cells = line.rstrip("\r\n").split(delimiter)
        elif (strict := _strictly(line, delimiter)) is not None:
            cells = strict
        else:
            joined = source.record(line, delimiter, width)
            if joined is None:
                yield Damage(number, "has a quote that is never closed", 1)
                continue
            if len(joined.lines) > 1:
                yield from _several(number, joined, shape, encoding)
                continue
            cells, bad = joined.cells, joined.quoted_badly
        if fault := _fault(line, cells, bad=bad, usual=usual, encoding=encoding):
            yield Damage(number, fault, 1)
        else:
            usual = len(cells)
            yield Record(number, 1, len(line), cells, bad)


def _fault(line: str, cells: Sequence[str], *, bad: bool, usual: int, encoding: str) -> str | None:
    if not line.isascii() and not is_text(line):
        return NOT_TEXT.format(encoding)
    if bad and any(cell.count('"') % 2 for cell in cells):
        return "has quotes that do not pair: quotes within quotes must be doubled"
    if len(cells) < usual and line[-1] not in "\r\n" and line.strip():
        return _CUT
    return None


def _strictly(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line whose quotes are as they should be, read by C; None for any other."""
    try:
        return next(csv.reader((line,), delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        return None


def _several(number: int, joined: Joined, shape: Shape, encoding: str) -> Iterator[Record | Damage]:
    lines = joined.lines
    last = number + len(lines) - 1
    if not is_text("".join(lines)):
        yield Damage(number, NOT_TEXT.format(encoding), len(lines))
    elif _hides_rows(joined, shape):
        for at in range(number, last + 1):
            yield Damage(
                at, f"lines {number} to {last} are within quotes and look like rows: a quote is missing", 1
            )
    elif len(joined.cells) < shape.width and lines[-1][-1] not in "\r\n":
        yield Damage(number, _CUT, len(lines))
    else:
        yield Record(number, len(lines), sum(map(len, lines)), joined.cells, quoted_badly=False)


def _hides_rows(joined: Joined, shape: Shape) -> bool:
    for line, (begin, end) in zip(joined.lines, joined.spans, strict=True):
        # A line from the first column to the last is as wide as a row for its own sake.
        whole = begin != end
        if end - begin + 1 != shape.width and shape.is_row(line, whole=whole):
            return True
    return False


def is_text(text: str) -> bool:
    """Tell whether every byte was known to the encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
