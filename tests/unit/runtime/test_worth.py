from random import Random

from hypothesis import given
from hypothesis import strategies as st

from runtime.worth import BATCH_SECONDS, FEWEST_MEASURED, MEASUREMENTS, Worth

COUNTS = st.integers(1, 1000)
MEASURED = st.lists(st.tuples(COUNTS, st.floats(0, 10)), max_size=40)


@given(MEASURED)
def test_it_stays_within_its_bounds(measured: list[tuple[int, float]]) -> None:
    """Whatever was measured, few never are a batch and many always are."""
    worth = Worth(least=16, most=200)

    for count, seconds in measured:
        worth.note(count, seconds)
        assert 16 <= worth.fewest <= 200


@given(st.floats(1e-6, 0.1), st.integers(FEWEST_MEASURED, 500))
def test_a_batch_begins_where_single_messages_take_as_long(each: float, count: int) -> None:
    """So many single messages take as long as a batch by itself, and no fewer."""
    worth = Worth(least=1, most=10**6)

    for _ in range(MEASUREMENTS):
        worth.note(count, each * count)

    assert (worth.fewest - 1) * each <= BATCH_SECONDS * 1.001
    assert worth.fewest * each >= BATCH_SECONDS * 0.999


@given(st.lists(st.floats(0.0001, 1), max_size=40), st.randoms(use_true_random=False))
def test_a_busy_machine_changes_nothing(longer: list[float], random: Random) -> None:
    """However many measurements came out longer, one undisturbed is enough, whenever it comes."""
    undisturbed = [0.0001]
    mixed = [*longer, *undisturbed]
    random.shuffle(mixed)
    worth, right = Worth(), Worth()

    for each in mixed:
        worth.note(100, each * 100)
    for _ in range(MEASUREMENTS):
        right.note(100, 0.01)

    assert (right if len(mixed) >= MEASUREMENTS else Worth()).fewest == worth.fewest


def test_little_says_nothing() -> None:
    """A few messages are no measurement, and few measurements are believed no more than none."""
    worth = Worth()

    for _ in range(MEASUREMENTS):
        worth.note(FEWEST_MEASURED - 1, 10)
    for _ in range(MEASUREMENTS - 1):
        worth.note(FEWEST_MEASURED, 10)

    assert Worth().fewest == worth.fewest
