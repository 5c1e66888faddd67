"""Exports as people really have them: spreadsheets' CSV and lines of JSON."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import CommandError
from cli.publish.rows import BrokenRow, Form, IgnoredColumn, Row, as_event, read_rows

HEADER = "event_id,application_number,document_type,stage,occurred_at"
FORMS: list[Form] = ["csv", "jsonl"]
cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


def test_a_cell_becomes_what_it_means() -> None:
    """Numbers, lists and flags are told from texts; empty cells are left out."""
    header = f"{HEADER},sequence,missing,correction,office"
    text = f"{header}\r\ne-1,AB1,id_card,printing,2026-01-05T09:00:00Z,7,a| b,TRUE,\r\n"

    (row,) = read_rows(io.StringIO(text, newline=""), "csv")

    assert isinstance(row, Row)
    assert {
        "specversion": "1.0",
        "type": "docwatch.stage.v1",
        "source": "passports",
        "id": "e-1",
        "time": "2026-01-05T09:00:00Z",
        "data": {
            "application_number": "AB1",
            "document_type": "id_card",
            "stage": "printing",
            "sequence": 7,
            "missing": ["a", "b"],
            "correction": True,
        },
    } == as_event(row, "passports")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    """Spreadsheets of different countries separate differently; quotes and blank lines are understood."""
    text = f'{HEADER}\ne-1,"A\nB",c,d,e\n\n,,,,\ne-2,a,c,d,e\n'.replace(",", delimiter)

    found = list(read_rows(io.StringIO(text, newline=""), "csv"))

    assert [(2, "e-1"), (6, "e-2")] == [(row.line, row.event_id) for row in found if isinstance(row, Row)]


def test_a_file_without_the_needed_columns_is_refused() -> None:
    """Nothing of a wrong file is published."""
    with pytest.raises(CommandError, match="lacks application_number, document_type, stage"):
        list(read_rows(["event_id,occurred_at\n"], "csv"))


def test_a_line_that_is_no_event_is_named() -> None:
    """Broken JSON, no object, another encoding: each line by its number, the others go on."""
    lines = ['{"event_id":"e-1"}\n', "{\n", "\n", "[1]\n", '{"event_id":"\udcff"}\n', '{"event_id":"e-6"}\n']

    found = list(read_rows(lines, "jsonl"))

    assert [1, 6] == [one.line for one in found if isinstance(one, Row)]
    assert [2, 4, 5] == [one.line for one in found if isinstance(one, BrokenRow)]


def test_an_unknown_column_is_told() -> None:
    """A misspelled column does not vanish in silence."""
    found = list(read_rows([f"{HEADER},ofice\n"], "csv"))

    assert [IgnoredColumn("ofice")] == found


def test_a_cloud_event_stays_as_it_is() -> None:
    """Lines may hold whole CloudEvents."""
    event = {"specversion": "1.0", "id": "e-1", "source": "other"}

    (row,) = read_rows([json.dumps(event)], "jsonl")

    assert isinstance(row, Row)
    assert event == as_event(row, "passports")


@given(st.lists(st.lists(cells, min_size=5, max_size=5).filter(any), max_size=5))
def test_what_a_csv_writer_writes_is_read_back(table: list[list[str]]) -> None:
    """No text in a cell breaks the reading of its row or of the next."""
    written = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]

    found = list(read_rows(io.StringIO("\r\n".join([HEADER, *written]), newline=""), "csv"))

    names = HEADER.split(",")
    wanted = [{name: cell for name, cell in zip(names, row, strict=True) if cell} for row in table]
    assert wanted == [row.fields for row in found if isinstance(row, Row)]


@given(st.text(max_size=200), st.sampled_from(FORMS))
def test_no_file_breaks_the_reader(text: str, form: Form) -> None:
    """Any text ends in rows, faults or one clear error."""
    try:
        kinds = {type(one) for one in read_rows(io.StringIO(text, newline=""), form)}
    except CommandError:
        kinds = set()

    assert kinds <= {Row, BrokenRow, IgnoredColumn}
