"""What citizens do in conversations comes to the same in whatever order it is heard of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.desk.domain import talks
from services.desk.domain.talks import State, merged

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
Step = tuple[str, int]


def after(state: State, steps: list[Step]) -> State:
    """Return the state after steps, each of them a number of its own."""
    for kind, number in steps:
        at = NOON + timedelta(minutes=number)
        if kind == "opened":
            state = talks.opened(state, at)
        elif kind == "said":
            state = talks.said(state, number, at)
        elif kind == "withdrawn":
            state = talks.withdrawn(state, number)
        else:
            state = talks.rated(state, content=kind == "content")
    return state


@st.composite
def lives(draw: st.DrawFn) -> list[Step]:
    """Return what a notifier tells of one conversation: it begins, goes on, and may be ended at last."""
    said = draw(st.integers(0, 5))
    ended = draw(st.booleans())
    steps = [("opened", 1), *(("said", number) for number in range(2, said + 2))]
    return [*steps, *([("withdrawn", said + 2)] if ended else [])]


@given(lives(), st.randoms(use_true_random=False))
def test_order_does_not_matter(steps: list[Step], random: "st.DataObject") -> None:
    """In whatever order a conversation is heard of, the same is kept, and it waits or is over alike."""
    mixed = list(steps)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # a random.Random, which the strategy does not say

    assert after(State(), steps) == after(State(), mixed)


@given(lives())
def test_nothing_that_was_said_is_passed_over(steps: list[Step]) -> None:
    """A conversation that the citizen did not end waits, and since the first thing that was said."""
    state = after(State(), steps)

    assert state.waits == (steps[-1][0] != "withdrawn")
    assert (NOON + timedelta(minutes=1) if state.waits else None) == state.asks_since


def test_what_is_said_after_an_end_opens_it() -> None:
    """What is said after staff ended it waits again; what was said before the citizen ended it does not."""
    closed = replace(after(State(), [("opened", 1)]), closed="answered", asks_since=None)
    ended = after(State(), [("opened", 1), ("withdrawn", 3)])

    assert talks.said(closed, 2, NOON).waits
    assert not talks.said(ended, 2, NOON).waits
    assert talks.said(ended, 4, NOON).waits


def test_who_is_forgotten_is_not_heard() -> None:
    """Of somebody who was forgotten nothing changes anything."""
    gone = State(opened=True, forgotten=True, closed="withdrawn")

    assert gone == after(gone, [("said", 2), ("withdrawn", 3)])


def test_the_first_judgement_counts() -> None:
    """Of two judgements the first one counts."""
    assert after(State(), [("content", 1), ("discontent", 2)]).content is True


SIDES = st.lists(st.integers(0, 20), max_size=8)


@given(SIDES, SIDES)
def test_two_sides_are_one_in_their_orders(one: list[int], other: list[int]) -> None:
    """Two sides put together hold all of both, each in its own order, whatever their clocks say."""
    sides = [("a", n, at) for n, at in enumerate(one)], [("b", n, at) for n, at in enumerate(other)]
    found = merged(*sides, lambda said: NOON + timedelta(minutes=said[2]))

    assert sides[0] == [said for said in found if said[0] == "a"]
    assert sides[1] == [said for said in found if said[0] == "b"]
