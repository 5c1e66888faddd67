"""What is written by columns names them in the order in which its statement takes them."""

import re

import pytest

from services.tracker.store import applications, history, notices, set_aside

WRITES = {
    "insert_events": (history.SQL["insert_events"], history.COLUMNS),
    "move_applications": (applications.SQL["move_applications"], applications.COLUMNS),
    "insert_notices": (notices.SQL["insert_notices"], notices.COLUMNS),
    "put_aside": (set_aside.SQL["put_aside"], set_aside.COLUMNS),
}


@pytest.mark.parametrize("name", WRITES)
def test_columns_stand_in_the_order_of_their_statement(name: str) -> None:
    """A statement names the columns that it is given, in the order in which it is given them."""
    statement, columns = WRITES[name]

    found = re.search(r"\) AS g \(([^)]*)\)", statement)

    assert found is not None
    assert re.split(r",\s*", found[1].strip()) == [*columns]
