"""The way of one application: the states that its fold has held, oldest first, as a pure function."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from contracts.messages.following import Moment
from services.tracker.domain.state import Event, State, step


def way(events: Iterable[Event]) -> tuple[State, ...]:
    """Return every state that the fold of these events comes through, whatever order they are given in."""
    states: list[State] = []
    for event in sorted(events, key=attrgetter("position")):
        state, _ = step(states[-1] if states else None, event)
        if state is not None and (not states or state != states[-1]):
            states.append(state)
    return tuple(states)


def moments(states: Sequence[State]) -> tuple[Moment, ...]:
    """Return the stages of a way with their offices; what changed nothing of these is left out."""
    reached: list[tuple[tuple[int, str, str | None], Moment]] = []
    for state in states:
        details = state.details
        what = (state.cycle, details.stage, details.office)
        if not reached or reached[-1][0] != what:
            moment = Moment(stage=details.stage, office=details.office, occurred_at=state.occurred_at)
            reached.append((what, moment))
    return tuple(moment for _, moment in reached)
