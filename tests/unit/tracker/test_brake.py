"""The brake by its rules: who is held, who never is, and what teaches it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.domain.brake import (
    Hour,
    Limits,
    Usual,
    judge,
    usual_of,
    within_floors,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMITS = Limits()
COUNTS = st.dictionaries(st.sampled_from(["accepted", "printing", "rejected"]), st.integers(1, 100_000))
USUALS = st.builds(Usual, st.integers(0, 40), st.integers(0, 10_000), COUNTS)


def days(number: int, **stages: int) -> list[Hour]:
    """Return the same busiest hour on each of the days before."""
    hours = [NOON - timedelta(days=day) for day in range(1, number + 1)]
    return [Hour(hour, stage, events) for hour in hours for stage, events in stages.items()]


@pytest.mark.parametrize(
    ("counts", "braked"),
    [
        ({"accepted": 100, "rejected": 5}, False),
        ({"accepted": 900, "rejected": 100}, False),
        ({"accepted": 900, "rejected": 101}, False),
        ({"accepted": 300, "rejected": 150}, True),
        ({"rejected": 5000}, True),
        ({"accepted": 2000}, False),
        ({"accepted": 2001, "printing": 2000}, True),
        ({"verification": 101}, True),
    ],
)
def test_a_flood_and_an_unusual_share_are_held(counts: dict[str, int], braked: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Far more than usual in all, or of one stage where that is much of all, is held; a busy day is not."""
    usual = usual_of(days(5, accepted=200, printing=190, rejected=10), NOON, None)

    assert (judge(counts, usual, LIMITS) is not None) == braked


@given(COUNTS, USUALS)
def test_floors_and_first_days_are_never_held(counts: dict[str, int], usual: Usual) -> None:
    """Nobody is held up to the floors, and nobody of whom too few days are known."""
    assert judge(counts, Usual(LIMITS.days - 1, usual.events, usual.stages), LIMITS) is None
    if within_floors(counts, LIMITS):
        assert judge(counts, usual, LIMITS) is None


@given(COUNTS, USUALS, st.integers(2, 50))
def test_more_of_the_same_never_lets_go(counts: dict[str, int], usual: Usual, times: int) -> None:
    """What is held stays held when there is more of it."""
    more = {stage: events * times for stage, events in counts.items()}

    assert judge(counts, usual, LIMITS) is None or judge(more, usual, LIMITS) is not None


@given(COUNTS, USUALS)
def test_who_usually_sends_that_much_is_not_held(counts: dict[str, int], usual: Usual) -> None:
    """What lies within the usual is not held, whatever its size."""
    as_usual = Usual(usual.days, sum(counts.values()), counts)

    assert judge(counts, as_usual, LIMITS) is None


@given(COUNTS, st.integers(0, 23))
def test_what_a_person_released_is_usual_at_once(counts: dict[str, int], ago: int) -> None:
    """After a release the same once more is not held, though today teaches nothing otherwise."""
    today = [Hour(NOON - timedelta(hours=ago), stage, events) for stage, events in counts.items()]
    usual = usual_of([*days(5, accepted=1), *today], NOON, approved_at=NOON)

    assert judge(counts, usual, LIMITS) is None


def test_one_wrong_day_teaches_nothing() -> None:
    """A flood of one day, or of today, does not become usual; what came on two days does."""
    ordinary = days(5, accepted=100)
    today = [Hour(NOON, "rejected", 50_000)]
    once = [Hour(NOON - timedelta(days=7), "rejected", 50_000)]
    twice = [*once, Hour(NOON - timedelta(days=14), "rejected", 50_000)]

    found = [
        usual_of([*ordinary, *some], NOON, None).stages.get("rejected", 0) for some in (today, once, twice)
    ]
    assert found == [0, 0, 50_000]


def test_what_is_long_ago_is_forgotten() -> None:
    """Only the last four weeks teach."""
    assert usual_of([Hour(NOON - timedelta(days=29), "accepted", 9)], NOON, None) == Usual()
