from dataclasses import replace
from datetime import date
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings

from contracts.messages.ids import EventId
from contracts.messages.outcome import Effect
from services.tracker.domain.state import (
    MOVES,
    Event,
    Known,
    decide,
    fold,
    in_order,
    step,
    visible,
)
from tests.unit.tracker.conftest import chances, event, histories

ADVANCE, UPDATE, CORRECTION = Effect.ADVANCE, Effect.UPDATE, Effect.CORRECTION
RESTART, REPEAT, REGRESSION, LATE = Effect.RESTART, Effect.REPEAT, Effect.REGRESSION, Effect.LATE


def never() -> list[Event]:
    raise AssertionError("the history was asked for in order")


def taken_in(events: list[Event]) -> tuple[Known, list[Effect]]:
    known, effects, so_far = Known(), [], list[Event]()
    for one in events:
        decision = decide(known, one, lambda: so_far)
        known = decision.known
        effects.append(decision.effect)
        so_far.append(one)
    return known, effects


@pytest.mark.parametrize(
    ("events", "effects"),
    [
        ([event(1), event(2, "verification")], [ADVANCE, ADVANCE]),
        ([event(1, "printing"), event(2, "verification")], [ADVANCE, REGRESSION]),
        ([event(1), event(2)], [ADVANCE, REPEAT]),
        ([event(1), event(2, office="kyiv-1")], [ADVANCE, UPDATE]),
        ([event(1), event(2, missing=("photo",))], [ADVANCE, UPDATE]),
        ([event(1), event(2, expected_at=date(2026, 4, 1))], [ADVANCE, UPDATE]),
        ([event(1), event(2, document_type="passport")], [ADVANCE, UPDATE]),
        ([event(1, "printing"), event(2, correction=True)], [ADVANCE, CORRECTION]),
        ([event(1), event(2, "printing", correction=True)], [ADVANCE, CORRECTION]),
        ([event(1), event(2, correction=True)], [ADVANCE, REPEAT]),
        ([event(1, "printing"), event(2, restart=True)], [ADVANCE, RESTART]),
        ([event(1), event(2, restart=True)], [ADVANCE, RESTART]),
        ([event(1, restart=True), event(2, "printing")], [ADVANCE, ADVANCE]),
        ([event(1, "returned"), event(2, "verification")], [ADVANCE, ADVANCE]),
        ([event(1, "returned"), event(2, "correction_needed")], [ADVANCE, ADVANCE]),
        ([event(1, "returned"), event(2, "returned", note="queue")], [ADVANCE, UPDATE]),
        ([event(2, "printing"), event(1, "accepted")], [ADVANCE, LATE]),
        ([event(2, "accepted"), event(1, "printing")], [ADVANCE, ADVANCE]),
        ([event(1, at=5, sequence=1), event(2, "printing", at=5)], [ADVANCE, ADVANCE]),
        ([event(1, at=5), event(2, "printing", at=5, sequence=0)], [ADVANCE, ADVANCE]),
        ([event(2, "printing", at=5), event(1, "accepted", at=5)], [ADVANCE, LATE]),
    ],
)
def test_each_effect_has_its_rule(events: list[Event], effects: list[Effect]) -> None:
    """An event's effect follows from the events before it in order, not from its arrival."""
    assert effects == taken_in(events)[1]


def test_a_late_event_that_gives_a_detour_back_its_way_tells_of_the_head() -> None:
    """A late event that changes what the last one meant takes the effect of the event now at the head."""
    known, effects = taken_in([event(1, "printing"), event(3, "accepted"), event(2, "returned")])

    assert effects == [ADVANCE, REGRESSION, ADVANCE]
    assert known.state is not None
    assert known.state.details.stage == "accepted"


def test_what_must_not_be_told_moves_the_state_in_silence() -> None:
    """An event with notify off moves the state and tells nobody."""
    decision = decide(Known(), event(1, notify=False), never)

    assert (decision.effect, decision.tell, decision.known.revision) == (ADVANCE, False, 1)


def test_a_quiet_head_stays_quiet_when_a_late_event_changes_it() -> None:
    """A late event does not make people hear of a head that was not to be told."""
    known = decide(Known(), event(3, "printing", notify=False), never).known
    decision = decide(known, event(1, restart=True), lambda: [event(3, "printing", notify=False)])

    assert (decision.effect, decision.tell) == (ADVANCE, False)


@settings(max_examples=2000)
@given(histories(), chances())
def test_any_order_of_arrival_ends_in_the_same_state(events: list[Event], chance: Random) -> None:
    """Any permutation of a set of events ends in the fold of the set."""
    shuffled = list(events)
    chance.shuffle(shuffled)
    known, _ = taken_in(shuffled)
    folded = fold(events)

    assert (folded.state, folded.last) == (known.state, known.last)


@settings(max_examples=2000)
@given(histories())
def test_people_hear_of_what_the_fold_holds_and_only_when_it_changed(events: list[Event]) -> None:
    """Every telling says the fold of what has arrived, and the revision rises exactly with its changes."""
    known = Known()
    for count, one in enumerate(events, 1):
        decision = decide(known, one, partial(list, events[: count - 1]))
        now = fold(events[:count])
        changed = visible(known.state) != visible(now.state)

        assert decision.known.state == now.state
        assert decision.known.revision == known.revision + changed
        assert (decision.effect in MOVES) == changed
        assert decision.tell <= (changed and one.notify)
        known = decision.known


@settings(max_examples=2000)
@given(histories())
def test_in_order_the_history_is_never_asked_for(events: list[Event]) -> None:
    """Events that arrive in their order are decided from the state alone."""
    known = Known()
    for one in sorted(events, key=lambda each: each.position):
        assert in_order(known, one)
        known = decide(known, one, never).known

    assert fold(events).state == known.state


@settings(max_examples=2000)
@given(histories())
def test_a_step_moves_exactly_when_it_says_so(events: list[Event]) -> None:
    """The state changes visibly if and only if the effect is one that people are told."""
    state = None
    for one in events:
        after, effect = step(state, one)
        assert (effect in MOVES) == (visible(state) != visible(after))
        state = after


@settings(max_examples=2000)
@given(histories())
def test_saying_the_head_again_repeats_it(events: list[Event]) -> None:
    """The same stage and details once more, whether as a correction or not, change nothing."""
    folded = fold(events)
    last = max(events, key=lambda one: one.position)
    head = next(one for one in events if folded.state and one.event_id == folded.state.event_id)
    again = replace(
        head, event_id=EventId("zz"), occurred_at=last.occurred_at, sequence=9, correction=True, restart=False
    )

    assert step(folded.state, again) == (folded.state, REPEAT)
