from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalogue import Catalogue, load_catalogue
from sandbox.agency import CATALOGUE
from sandbox.agency.expected import Standing, expected_standings
from sandbox.agency.generate import generate
from sandbox.agency.month import Options

Row = dict[str, object]


@cache
def sample() -> Catalogue:
    """Return the sample catalogue, read once for all examples."""
    return load_catalogue(CATALOGUE)


def _row(event_id: str, stage: str, hour: int = 0, **details: object) -> Row:
    at = datetime(2026, 11, 1, hour, tzinfo=UTC).isoformat()
    return {"event_id": event_id, "document_type": "id_card", "stage": stage, "occurred_at": at, **details}


SHARED = tuple(permutations(("", "p", "q"), 2))
"""These publishers write each other's applications."""


def _standing(*rows: Row, granted: Collection[tuple[str, str]] = SHARED) -> Standing:
    truth = {str(row["event_id"]): "1234567890" for row in rows}
    return expected_standings(rows, truth, sample(), granted)["1234567890"]


def _head(*rows: Row) -> str:
    return _standing(*rows).head


@pytest.mark.parametrize(
    ("rule", "head", "rows"),
    [
        ("a higher rank advances", "b", [_row("a", "accepted", 1), _row("b", "printing", 2)]),
        ("a lower rank does not", "a", [_row("a", "printing", 1), _row("b", "accepted", 2)]),
        ("order is time, not arrival", "b", [_row("b", "printing", 2), _row("a", "accepted", 1)]),
        ("a detour is left for less", "b", [_row("a", "correction_needed", 1), _row("b", "accepted", 2)]),
        ("the same details repeat", "a", [_row("a", "printing", 1), _row("b", "printing", 2)]),
        ("another note updates", "b", [_row("a", "printing", 1), _row("b", "printing", 2, note="high")]),
        ("missing papers update", "b", [_row("a", "printing", 1), _row("b", "printing", 2, missing=["x"])]),
        (
            "missing is a set",
            "a",
            [_row("a", "issued", missing=["y", "x"]), _row("b", "issued", missing=["x", "y", "x"])],
        ),
        ("a dropped detail updates", "b", [_row("a", "printing", 1, office="x"), _row("b", "printing", 2)]),
        ("a correction goes back", "b", [_row("a", "shipped", 1), _row("b", "printing", 2, correction=True)]),
        ("a correction may repeat", "a", [_row("a", "shipped", 1), _row("b", "shipped", 2, correction=True)]),
        ("a restart goes back", "b", [_row("a", "rejected", 1), _row("b", "accepted", 2, restart=True)]),
        ("a restart always moves", "b", [_row("a", "accepted", 1), _row("b", "accepted", 2, restart=True)]),
        ("none before zero", "b", [_row("a", "issued"), _row("b", "issued", sequence=0, note="x")]),
        (
            "sequence before rank",
            "b",
            [_row("a", "issued"), _row("b", "shipped", sequence=1, correction=True)],
        ),
        (
            "rank before publisher and id",
            "a",
            [_row("a", "printing"), _row("b", "accepted", correction=True)],
        ),
        ("publisher before id", "a", [_row("a", "issued", publisher="q", note="x"), _row("b", "issued")]),
        ("the id breaks the last tie", "b", [_row("b", "issued", note="x"), _row("a", "issued")]),
        ("an id counts once", "a", [_row("a", "accepted", 1), _row("a", "issued", 2)]),
        ("the unknown does not count", "a", [_row("a", "accepted", 1), _row("b", "lost", 2)]),
    ],
)
def test_each_rule_of_the_fold(rule: str, head: str, rows: list[Row]) -> None:
    """The head after the rows is the one that the rule demands."""
    assert head == _head(*rows), rule


def test_what_a_stranger_says_does_not_count() -> None:
    """The publisher of the first row owns; another one counts where it is granted, one way alone."""
    rows = [_row("a", "accepted", 1, publisher="p"), _row("b", "issued", 2, publisher="q")]

    assert "a" == _standing(*rows, granted=()).head
    assert "a" == _standing(*rows, granted=[("q", "p")]).head
    assert "b" == _standing(*rows, granted=[("p", "q")]).head
    assert "b" == _standing(*reversed(rows), granted=()).head


def test_the_standing_is_what_its_head_says() -> None:
    """All details are those of the event at the head; none is inherited from an earlier one."""
    first = _row("a", "verification", 1, office="lviv", expected_at="2026-11-20")
    asked = _row("b", "correction_needed", 2, missing=["photograph"], note="papers_incomplete")

    assert Standing("correction_needed", None, "papers_incomplete", ("photograph",), None, "b") == _standing(
        first, asked
    )


rows = st.builds(
    lambda stage, hour, number, details: _row(
        f"e{number}", stage, hour, **{name: value for name, value in details.items() if value is not None}
    ),
    st.sampled_from(sorted(sample().stages)),
    st.integers(0, 5),
    st.integers(0, 10**6),
    st.fixed_dictionaries(
        {
            "sequence": st.none() | st.integers(0, 3),
            "office": st.sampled_from((None, "lviv", "odesa")),
            "note": st.sampled_from((None, "high_demand")),
            "publisher": st.sampled_from(("p", "q")),
            "correction": st.sampled_from((None, None, True)),
            "restart": st.sampled_from((None, None, None, True)),
        }
    ),
)


@settings(deadline=None)
@given(st.data(), st.lists(rows, min_size=1, max_size=9, unique_by=lambda row: row["event_id"]))
def test_the_order_of_rows_never_matters(data: st.DataObject, given_rows: list[Row]) -> None:
    """Any permutation of any set of events of those who share, with any repeated, has the same standing."""
    repeated = data.draw(st.lists(st.sampled_from(given_rows), max_size=3))
    shuffled = data.draw(st.permutations([*given_rows, *repeated]))

    assert _standing(*given_rows) == _standing(*shuffled)


@settings(deadline=None, max_examples=10)
@given(st.randoms(use_true_random=False), st.integers(0, 1000))
def test_a_generated_month_ends_the_same_in_any_order(random: Random, seed: int) -> None:
    """The faults of an export's order change nothing in the end."""
    month = generate(Options(datetime(2026, 11, 22, tzinfo=UTC), seed, 60, 20), sample())
    exported = [row.as_json() for row in month.rows]
    shuffled = list(exported)
    random.shuffle(shuffled)

    standings = expected_standings(exported, month.truth, sample())

    assert standings == expected_standings(shuffled, month.truth, sample())
