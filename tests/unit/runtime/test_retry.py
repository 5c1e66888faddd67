from hypothesis import given
from hypothesis import strategies as st

from runtime.retry import backoff


@given(st.integers(1, 10_000), st.floats(0.01, 1), st.floats(1, 100))
def test_a_pause_is_within_its_bounds(attempt: int, first: float, cap: float) -> None:
    """A pause never exceeds the cap nor what doubling gives, and is at least half of it."""
    full = min(cap, first * 2.0 ** min(attempt - 1, 30))

    assert full / 2 <= backoff(attempt, first=first, cap=cap) <= full
