from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.database.sql import SqlError, columns_of, parse

TEXT = """-- one: first
SELECT 1;

-- two: second
SELECT 2
-- a remark that is no head
;
"""


def test_blocks_are_found_by_name() -> None:
    """A block reaches from its head to the next head."""
    queries = parse(TEXT)

    assert dict(queries) == {"one": "SELECT 1;", "two": "SELECT 2\n-- a remark that is no head\n;"}


def test_an_unknown_name_says_which_names_there_are() -> None:
    """Asking for a query that does not exist names those that do."""
    with pytest.raises(SqlError, match="one, two"):
        parse(TEXT)["three"]


@pytest.mark.parametrize(
    "text", ["-- one: a\nSELECT 1;\n-- one: b\nSELECT 2;", "-- one: a\n\n-- two: b\nSELECT 2;"]
)
def test_a_broken_file_is_refused(text: str) -> None:
    """A name used twice and a head without a query are errors."""
    with pytest.raises(SqlError):
        parse(text)


@dataclass(frozen=True, slots=True)
class Place:
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    place: Place


ROWS = st.lists(st.builds(Row, st.integers(), st.builds(Place, st.text(max_size=5))))


@given(ROWS)
def test_columns_are_in_the_order_of_the_names_and_of_the_rows(rows: list[Row]) -> None:
    """Each name gives one column with a value per row, in the order of the rows, and none is left out."""
    expected = [[row.place.name for row in rows], [row.number for row in rows]]

    assert expected == columns_of(rows, ("place.name", "number"))


def test_a_name_that_no_row_has_is_refused() -> None:
    """A column that the dataclass does not have is an error, never a column of nothing."""
    with pytest.raises(AttributeError, match="weight"):
        columns_of([Row(1, Place("a"))], ("number", "weight"))
