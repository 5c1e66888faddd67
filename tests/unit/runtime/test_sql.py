import pytest

from runtime.database.sql import SqlError, parse

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
