"""Orders that wait for their occasion, and chance that can be repeated."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sandbox.laid import Chance, Laid


@dataclass(frozen=True)
class Aim:
    """An order for one kind of occasion."""

    kind: str
    nth: int = 1
    times: int = 1


def laid() -> Laid[Aim, str]:
    return Laid(lambda aim, occasion: aim.kind == occasion)


@given(st.integers(1, 10), st.integers(1, 10), st.lists(st.sampled_from("ab"), max_size=60))
def test_an_order_strikes_its_occasions_and_no_others(nth: int, times: int, occasions: list[str]) -> None:
    """Of the occasions that match, the nth and those after it are struck, so many in all."""
    orders, aim = laid(), Aim("a", nth, times)
    orders.lay(aim)

    struck = [orders.strike(occasion) for occasion in occasions]

    seen = 0
    for occasion, got in zip(occasions, struck, strict=True):
        seen += occasion == "a"
        assert (aim if occasion == "a" and nth <= seen < nth + times else None) == got


def test_the_first_laid_wins_and_the_other_counts_on() -> None:
    """Where two orders meet an occasion, both count it."""
    orders, first, second = laid(), Aim("a"), Aim("a", nth=1, times=2)
    orders.lay(first)
    orders.lay(second)

    assert [first, second, None] == [orders.strike("a") for _ in range(3)]


def test_cleared_orders_strike_nobody() -> None:
    """What is forgotten does not strike."""
    orders = laid()
    orders.lay(Aim("a"))
    orders.clear()

    assert orders.strike("a") is None


def test_chance_keeps_its_shares() -> None:
    """Each kind comes about as often as its share says, in the same order for the same seed."""
    one, same = (Chance({"x": 0.2, "y": 0.5}, 7) for _ in range(2))
    drawn = [one.draw() for _ in range(2000)]
    counts = Counter(drawn)

    assert drawn == [same.draw() for _ in range(2000)]
    assert (300 < counts["x"] < 500, 850 < counts["y"] < 1150) == (True, True)
    assert Chance({}, 7).draw() is None
