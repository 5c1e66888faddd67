"""Generated CSV, whole and damaged: no line vanishes and no value comes from nowhere."""

import contextlib
import csv
import io
import time
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from cli.errors import CommandError
from cli.publish.lines import Lines
from cli.publish.rows import (
    BrokenRow,
    Form,
    Row,
    Tally,
    read_rows,
)

NAMES = (
    "firm",
    "event_id",
    "application_number",
    "document_type",
    "stage",
    "occurred_at",
    "office",
    "comment",
)
TEXT = st.text(st.sampled_from("aЖ \"\n,;'=|"), max_size=12)
PLAIN = st.text(st.sampled_from("aЖ-1"), min_size=1, max_size=6)
MOMENT = st.just("2026-01-05T09:00:00+02:00")
ROWS = st.lists(
    st.tuples(TEXT, PLAIN, PLAIN, PLAIN, PLAIN, MOMENT, st.one_of(st.just(""), PLAIN), TEXT), max_size=6
)
# The module quotes a line break only if it is one of its own, so with old Macintosh ends it must quote all.
DIALECT = st.builds(
    lambda delimiter, ends: {"delimiter": delimiter, "lineterminator": ends[0], "quoting": ends[1]},
    st.sampled_from(",;\t|"),
    st.sampled_from(
        [
            ("\n", csv.QUOTE_MINIMAL),
            ("\r\n", csv.QUOTE_MINIMAL),
            ("\n", csv.QUOTE_ALL),
            ("\r\n", csv.QUOTE_ALL),
            ("\r", csv.QUOTE_ALL),
        ]
    ),
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251"])
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["cut", "drop", '"', "\n", ",", "\0", '""', "unquote"])),
    min_size=1,
    max_size=4,
)


def written(rows: Sequence[Sequence[str]], dialect: dict[str, object]) -> str:
    """Write a CSV as a spreadsheet would."""
    text = io.StringIO()
    csv.writer(text, **dialect).writerows([NAMES, *rows])  # type: ignore[arg-type] # a drawn dialect
    return text.getvalue()


def damaged(text: str, damage: Sequence[tuple[float, str]]) -> str:
    """Harm a text at some places."""
    for where, how in damage:
        at = int(where * len(text))
        match how:
            case "cut":
                text = text[:at] if at > len(text) // 2 else text
            case "drop":
                text = text[:at] + text[at + 1 :]
            case "unquote":
                text = text[:at] + text[at:].replace('"', "", 1)
            case _:
                text = text[:at] + how + text[at:]
    return text


def read(data: bytes, encoding: str) -> tuple[list[Row | BrokenRow], Tally, list[str]]:
    """Read a file; return its rows and faults, the count, and its physical lines."""
    tally = Tally()
    lines = list(Lines(io.BytesIO(data), encoding))
    found = [item for item in read_rows(lines, "csv", tally=tally) if isinstance(item, Row | BrokenRow)]
    return found, tally, lines


def assert_accounted(found: Sequence[Row | BrokenRow], tally: Tally, lines: Sequence[str]) -> None:
    """Check that each line below the header is in one row or fault or blank, and holds what the row says."""
    covered = [line for item in found for line in range(item.line, item.line + item.lines)]

    assert sorted(set(covered)) == covered
    assert len(lines) == tally.lines == tally.header + len(covered) + tally.blank
    for item in found:
        if isinstance(item, Row):
            said = "".join(lines[item.line - 1 : item.line - 1 + item.lines]).replace('"', "")
            for value in item.fields.values():
                assert str(value).replace('"', "") in said


@given(ROWS, DIALECT, ENCODINGS)
def test_a_whole_file_is_read_as_it_was_written(
    rows: Sequence[Sequence[str]], dialect: dict[str, object], encoding: str
) -> None:
    """Cells with line breaks, quotes and separators, in any dialect and encoding, come back."""
    found, tally, lines = read(written(rows, dialect).encode(encoding), encoding)

    assert_accounted(found, tally, lines)
    known = NAMES[1:-1]
    wanted = [{name: cell for name, cell in zip(known, row[1:-1], strict=True) if cell} for row in rows]
    assert wanted == [row.fields for row in found if isinstance(row, Row)]
    assert len(wanted) == len(found)


@given(ROWS, DIALECT, ENCODINGS, DAMAGE)
@example(
    [("", "a", "a", "a", "a", "2026-01-05T09:00", "", "")] * 4, {"delimiter": ","}, "utf-8", [(0.4, '"')]
)
def test_of_a_damaged_file_every_line_is_accounted_for(
    rows: Sequence[Sequence[str]],
    dialect: dict[str, object],
    encoding: str,
    damage: Sequence[tuple[float, str]],
) -> None:
    """Accepted, rejected and blank lines are all lines, and no row says what its lines do not hold."""
    data = damaged(written(rows, dialect), damage).encode(encoding)
    try:
        found, tally, lines = read(data, encoding)
    except CommandError:
        return

    assert_accounted(found, tally, lines)


@given(ROWS, DIALECT, st.binary(max_size=6), st.floats(0, 1))
def test_of_a_file_with_foreign_bytes_every_line_is_accounted_for(
    rows: Sequence[Sequence[str]], dialect: dict[str, object], noise: bytes, where: float
) -> None:
    """Bytes of no encoding spoil their own lines only."""
    data = written(rows, dialect).encode()
    at = int(where * len(data))
    try:
        found, tally, lines = read(data[:at] + noise + data[at:], "utf-8")
    except CommandError:
        return

    assert_accounted(found, tally, lines)


def test_a_chain_of_quotes_is_read_in_time_that_grows_with_the_file() -> None:
    """A thousand columns and a quote that closes and opens in each line do not hold up the reader."""
    wide = ",".join((*NAMES, *(f"c{number}" for number in range(900))))
    lines = [f"{wide}\n", *['x","y\n'] * 5_000]
    began = time.process_time()

    found = list(read_rows(lines, "csv"))

    assert 5_000 == sum(item.lines for item in found if isinstance(item, Row | BrokenRow))
    assert time.process_time() - began < 5


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "utf-16", "cp1251", "cp932", "utf-7"]))
def test_no_bytes_break_the_reader(data: bytes, encoding: str | None) -> None:
    """Whatever the bytes and the encoding, the end is rows, faults or one clear error."""
    forms: tuple[Form, ...] = ("csv", "jsonl")
    for form in forms:
        with contextlib.suppress(CommandError):
            list(read_rows(Lines(io.BytesIO(data), encoding), form))
