"""CSV that is handed out: readable, and harmless in a spreadsheet of any country."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.spreadsheets import csv_for_spreadsheets, harmless

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("begins", BEGINNINGS)
def test_a_cell_that_would_run_does_not(begins: str) -> None:
    """What begins a formula has an apostrophe before it, also after spaces."""
    assert [f"'{begins}1", f"a {begins}"] == [harmless(f"{begins}1"), harmless(f"a {begins}")]


def test_letters_and_separators_come_through() -> None:
    """Excel knows UTF-8 by the mark; what holds quotes, separators or line breaks stays one cell."""
    rows: list[dict[str, object]] = [{"a": "Київ", "b": 'x "y", z;\n1'}, {"a": None, "b": 7}]

    text = csv_for_spreadsheets(("a", "b"), rows, separator=";")

    assert '\ufeff"a";"b"\r\n' == text[: text.index("\n") + 1]
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert [["a", "b"], ["Київ", 'x "y", z;\n1'], ["", "7"]] == read


@given(
    st.text(st.sampled_from("=+-@\t\r\n ,;|\"'a1"), max_size=10),
    st.sampled_from(",;"),
    st.sampled_from(",;\t|"),
)
def test_no_cell_runs_in_a_spreadsheet_of_another_country(cell: str, ours: str, theirs: str) -> None:
    """Also where it is split at a separator that we did not use, no part begins a formula."""
    text = csv_for_spreadsheets(("a", "b"), [{"a": cell, "b": cell}], separator=ours)

    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=theirs))
    begin = {part.lstrip(' "\t\r\n')[:1] for line in lines for part in line}
    assert not begin & {*BEGINNINGS}
