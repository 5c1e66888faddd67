"""The way of one application: the states that its fold has held, oldest first, as a pure function."""

from collections.abc import Iterable, Sequence

from contracts.messages.following import Moment
from services.tracker.domain.state import Event, State, step


def way(events: Iterable[Event]) -> tuple[State, ...]:
    """Return every state that the fold of these events comes through, whatever order they are given in."""
    found: list[State] = []
    for event in sorted(events, key=lambda one: one.position):
        state, _ = step(found[-1] if found else None, event)
        if state is not None and (not found or state != found[-1]):
            found.append(state)
    return tuple(found)


def moments(states: Sequence[State]) -> tuple[Moment, ...]:
    """Return the stages of a way with their offices; what changed nothing of these is left out."""
    found: list[tuple[tuple[int, str, str | None], Moment]] = []
    for state in states:
        details = state.details
        what = (state.cycle, details.stage, details.office)
        if not found or found[-1][0] != what:
            moment = Moment(stage=details.stage, office=details.office, occurred_at=state.occurred_at)
            found.append((what, moment))
    return tuple(moment for _, moment in found)
