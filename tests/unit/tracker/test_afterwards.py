"""What a withdrawal leaves, and who hears of it, for any history and any part of it that is withdrawn."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.messages.stage import StageDetails
from services.tracker.domain.state import (
    Event,
    Known,
    decide,
    fold,
    visible,
)
from services.tracker.domain.withdrawal import (
    Heard,
    Moment,
    PastEvent,
    Remainder,
    must_hear,
    remainder,
)
from tests.unit.tracker.conftest import NOON, event, histories

EARLIER, LATER = NOON - timedelta(days=1), NOON + timedelta(days=1)
Seen = tuple[int, StageDetails] | None


@dataclass(frozen=True)
class Said:
    """A notice: what it says, whether it reached its reader, whether its event is withdrawn."""

    revision: int
    seen: Seen
    reached: bool
    withdrawn: bool
    when: Moment


def believes(said: list[Said]) -> Seen:
    """Return what the newest notice said that reached its reader."""
    return max((one for one in said if one.reached), key=lambda one: one.revision, default=NOTHING).seen


def heard(said: list[Said]) -> Heard:
    """Return what the ledger knows of it."""
    reached = [one for one in said if one.reached]
    wrong = max((one.revision for one in reached if one.withdrawn), default=None)
    correct = max((one.revision for one in reached if not one.withdrawn), default=None)
    return Heard(max(reached, key=lambda one: one.revision, default=NOTHING).when, wrong, correct)


NOTHING = Said(0, None, reached=True, withdrawn=False, when=Moment(EARLIER))


def played(arriving: list[Event], reached: int, *, since: int) -> tuple[Known, Remainder, list[Said]]:
    """Take events in as they come, tell a follower, then withdraw what publisher b sent from `since` on.

    What is not withdrawn is told in the end; of what is, `reached` says bit by bit what was told before.
    """
    known, past, said = Known(), list[PastEvent](), list[Said]()
    for number, one in enumerate(arriving):
        decision = decide(known, one, partial(list, arriving[:number]))
        known = decision.known
        wrong = one.publisher == "b" and number >= since
        when = Moment(NOON + timedelta(minutes=number // 2), number)
        past.append(PastEvent(one, when, LATER if wrong else None))
        if decision.tell:
            told = not wrong or bool(reached >> number & 1)
            said.append(Said(known.revision, visible(known.state), told, wrong, when))
    return known, remainder(known, past), said


@settings(max_examples=300)
@given(histories(), st.integers(0, 255), st.integers(0, 8))
def test_a_withdrawal_leaves_the_fold_of_the_rest(events: list[Event], reached: int, since: int) -> None:
    """Whatever is withdrawn, the state is the fold of what remains and the revision rises."""
    known, left, _ = played(events, reached, since=since)
    rest = fold(one.event for one in left.history if one.withdrawn_at is None)

    assert (left.known.state, left.known.last) == (rest.state, rest.last)
    assert left.known.revision == known.revision + 1


@settings(max_examples=2000)
@given(histories(), st.integers(0, 255), st.integers(0, 8))
def test_nobody_keeps_believing_what_was_withdrawn(events: list[Event], reached: int, since: int) -> None:
    """After its correction a follower believes the fold of the rest, and does not hear it again."""
    loud = [replace(one, notify=True) for one in events]
    _, left, said = played(loud, reached, since=since)
    stands = visible(left.known.state)
    if must_hear(heard(said), left):
        said.append(Said(left.known.revision, stands, reached=True, withdrawn=False, when=Moment(LATER)))

    assert believes(said) == stands
    assert not must_hear(heard(said), left)
    assert not must_hear(heard(said), None)


@settings(max_examples=500)
@given(histories(), st.integers(0, 8))
def test_who_heard_nothing_wrong_and_believes_what_stands_hears_nothing(
    events: list[Event], since: int
) -> None:
    """A correction is for those only whom it tells something."""
    _, left, said = played(events, reached=0, since=since)

    assert not must_hear(heard(said), left) or believes(said) != visible(left.known.state)


def test_who_was_not_told_is_not_corrected() -> None:
    """Where the wrong stage was never sent and nothing else stands, a correction would only confuse."""
    events = [event(1), event(2, "printing", publisher="b")]
    _, left, said = played(events, reached=0, since=0)

    assert not must_hear(heard(said), left)


def test_who_began_to_follow_meanwhile_is_corrected() -> None:
    """Whoever redeemed while the wrong stage stood has seen it in the answer."""
    events = [event(1), event(2, "printing", publisher="b")]
    _, left, _ = played(events, reached=0, since=0)

    assert must_hear(Heard(Moment(LATER - timedelta(hours=1))), left)


def test_what_the_withdrawn_silenced_is_told() -> None:
    """A stage that told nobody because a wrong one stood above it is told to every follower."""
    events = [event(1), event(2, "returned", publisher="b"), event(3, "returned")]
    _, left, said = played(events, reached=0, since=0)

    assert must_hear(heard(said), left)


def test_a_quiet_head_is_not_told_by_a_withdrawal() -> None:
    """What was brought in silently stays so for those who heard nothing wrong."""
    events = [event(1, notify=False), event(2, "printing", publisher="b")]
    _, left, said = played(events, reached=0, since=0)

    assert not must_hear(heard(said), left)


@pytest.mark.parametrize(
    ("wrong", "correct", "hears"), [(2, 1, True), (2, None, True), (2, 3, False), (None, 1, False)]
)
def test_what_arrives_in_spite_of_its_withdrawal_calls_for_a_correction(
    wrong: int | None,
    correct: int | None,
    hears: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Long after a withdrawal only who was told what was withdrawn last hears where the document stands."""
    assert must_hear(Heard(Moment(LATER), wrong, correct), None) == hears
