from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.messaging.batch_threshold import (
    BATCH_SECONDS,
    EXPLORED,
    FEWEST_MEASURED,
    FREE_SECONDS,
    MEASUREMENTS,
    NEVER,
    BatchThreshold,
)

COUNTS = st.integers(1, 1000)
MEASURED = st.lists(st.tuples(COUNTS, st.floats(0, 10)), max_size=40)
SLOW = 3 * FREE_SECONDS


def taught(*each: float, count: int = 100) -> BatchThreshold:
    """Return what has learnt from so many messages at a time that took so long each."""
    threshold = BatchThreshold()
    for one in each:
        threshold.note(count, one * count)
    return threshold


@given(MEASURED)
def test_it_stays_within_its_bounds(measured: list[tuple[int, float]]) -> None:
    """Whatever was measured, few never are a batch; many are, or nothing is."""
    threshold = BatchThreshold(least=16, most=200)

    for count, seconds in measured:
        threshold.note(count, seconds)
        assert threshold.fewest == NEVER or 16 <= threshold.fewest <= 200


@given(st.floats(FREE_SECONDS * 1.01, 0.1), st.integers(FEWEST_MEASURED, 500))
def test_a_batch_begins_where_single_messages_take_as_long(each: float, count: int) -> None:
    """Where each waits for the disk, so many single ones as take as long as a batch by itself are one."""
    threshold = BatchThreshold(least=1, most=10**6)

    for _ in range(MEASUREMENTS):
        threshold.note(count, each * count)

    assert (threshold.fewest - 1) * each <= BATCH_SECONDS * 1.001
    assert threshold.fewest * each >= BATCH_SECONDS * 0.999


@given(st.floats(0, FREE_SECONDS * 0.99))
def test_where_nothing_waits_nothing_is_a_batch(each: float) -> None:
    """Where single messages take no longer than without a disk, any number of them goes singly."""
    assert not taught(*[each] * MEASUREMENTS).as_batch(10**6)


@pytest.mark.parametrize("undisturbed", [FREE_SECONDS / 2, SLOW])
@given(
    longer=st.lists(st.floats(SLOW, 1), max_size=MEASUREMENTS - 1), random=st.randoms(use_true_random=False)
)
def test_a_busy_machine_changes_nothing(undisturbed: float, longer: list[float], random: Random) -> None:
    """Of the last measurements one undisturbed is enough, whenever it comes."""
    mixed = [*longer, *[undisturbed] * (MEASUREMENTS - len(longer))]
    random.shuffle(mixed)

    assert taught(*[undisturbed] * MEASUREMENTS).fewest == taught(*mixed).fewest


@pytest.mark.parametrize(("before", "after"), [(SLOW, FREE_SECONDS / 2), (FREE_SECONDS / 2, SLOW)])
def test_what_has_changed_is_learnt_anew(before: float, after: float) -> None:
    """Another server is judged by itself, not by the one before it."""
    changed = taught(*[before] * 20, *[after] * MEASUREMENTS)

    assert taught(*[after] * MEASUREMENTS).fewest == changed.fewest


def test_now_and_then_messages_go_singly() -> None:
    """Where many are a batch some still are not, or there would be nothing to learn from."""
    threshold = taught(*[SLOW] * MEASUREMENTS)

    chosen = [threshold.as_batch(500) for _ in range(3 * EXPLORED)]

    assert 3 == chosen.count(False)


def test_little_says_nothing() -> None:
    """A few messages are no measurement, and few measurements are believed no more than none."""
    few = taught(*[SLOW] * MEASUREMENTS, count=FEWEST_MEASURED - 1)
    once = taught(*[SLOW] * (MEASUREMENTS - 1), count=FEWEST_MEASURED)

    assert NEVER == few.fewest == once.fewest
