"""The identity of an update, as tables keep it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.incoming import update_number


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_is_its_own_identity(number: int) -> None:
    """What a messenger counts keeps its number, as versions before kept it."""
    assert number == update_number(str(number))


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_identity_has_a_number_of_its_own(one: str, other: str) -> None:
    """Any two identities have two numbers that a table can hold."""
    assert -(2**63) <= update_number(one) < 2**63
    assert (one == other) == (update_number(one) == update_number(other))


@pytest.mark.parametrize("identity", ["007", "+7", " 7", "7 ", "٧", "-0", str(2**63), "9" * 5000])
def test_what_only_looks_like_a_number_is_a_name(identity: str) -> None:
    """Another spelling of a number is another identity, however long."""
    assert update_number(identity) not in {7, 0}
