"""How much one person may write, and that nobody else notices."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.inbound.flood_limit import FloodLimit


def test_a_thousand_at_once_get_one_honest_answer() -> None:
    """The first few are served, one is told, the rest are dropped; somebody else is served all the while."""
    flood_limit = FloodLimit(at_once=20, a_second=1)

    mine = Counter(flood_limit.weigh("7", 100 + number / 1000) for number in range(1000))
    others = {flood_limit.weigh("8", 101.0)}

    assert Counter(serve=20, tell=1, drop=979) == mine
    assert {"serve"} == others


def test_whoever_pauses_is_served_again_and_told_again() -> None:
    """After a pause all is forgiven; without one nobody is told twice."""
    flood_limit = FloodLimit(at_once=2, a_second=1)
    first = [flood_limit.weigh("7", now) for now in (0, 0, 0, 0)]

    hasty = [flood_limit.weigh("7", now) for now in (1, 1)]
    rested = [flood_limit.weigh("7", now) for now in (10, 10, 10)]

    assert ["serve", "serve", "tell", "drop"] == first
    assert ["serve", "drop"] == hasty
    assert ["serve", "serve", "tell"] == rested


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 5)), max_size=100))
def test_nobody_gets_more_than_their_share(acts: list[tuple[int, float]]) -> None:
    """Whatever people do, each is served at most what they may at once and what has come since."""
    flood_limit, now, served = FloodLimit(at_once=3, a_second=0.5), 0.0, Counter[int]()
    for person, pause in acts:
        now += pause
        served[person] += flood_limit.weigh(str(person), now) == "serve"

    assert all(count <= 3 + 0.5 * now for count in served.values())
