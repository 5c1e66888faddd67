"""What happened to one application: its state as a fold over the set of its events, never over arrival.

Events have one total order, their `Position`. In that order `step` moves the state or leaves it. `decide`
answers for a new event what its effect is and whether people are told, folding again only what came out of
order. Everything here is a pure function over frozen types.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from contracts.messages.ids import EventId, Publisher
from contracts.messages.outcome import Effect
from contracts.messages.stage import StageDetails

MOVES = frozenset({Effect.ADVANCE, Effect.UPDATE, Effect.CORRECTION, Effect.RESTART})
"""The effects that say how people are told; every other effect is silent."""


class Position(NamedTuple):
    """An event's place in the total order; at one instant those without a sequence come first."""

    occurred_at: datetime
    sequenced: bool
    sequence: int
    rank: int
    publisher: Publisher
    event_id: EventId


@dataclass(frozen=True, slots=True)
class Event:
    """One stage event; `rank` and `detour` are what the catalogue said of its stage when it was taken in.

    They are kept with the event, so that a changed catalogue never moves what has happened.
    """

    publisher: Publisher
    event_id: EventId
    details: StageDetails
    rank: int
    detour: bool
    occurred_at: datetime
    sequence: int | None = None
    correction: bool = False
    restart: bool = False
    notify: bool = True

    @property
    def position(self) -> Position:
        """Where the event stands among the application's events."""
        return Position(
            self.occurred_at,
            self.sequence is not None,
            self.sequence or 0,
            self.rank,
            self.publisher,
            self.event_id,
        )


@dataclass(frozen=True, slots=True)
class State:
    """Where an application is: the details, rank and identity of the event at the head, `cycle` restarts."""

    cycle: int
    details: StageDetails
    rank: int
    detour: bool
    occurred_at: datetime
    publisher: Publisher
    event_id: EventId


def visible(state: State | None) -> tuple[int, StageDetails] | None:
    """Return what must have changed for people to be told."""
    return None if state is None else (state.cycle, state.details)


def step(state: State | None, event: Event) -> tuple[State | None, Effect]:
    """Return the state after the next event in order, and what the event did; None is before any event."""
    effect = _effect(state, event)
    if effect not in MOVES:
        return state, effect
    cycle = (0 if state is None else state.cycle) + event.restart
    moved = State(
        cycle,
        event.details,
        event.rank,
        event.detour,
        event.occurred_at,
        event.publisher,
        event.event_id,
    )
    return moved, effect


def _effect(state: State | None, event: Event) -> Effect:
    if state is None:
        return Effect.ADVANCE
    if event.restart:
        return Effect.RESTART
    if event.details == state.details:
        return Effect.REPEAT
    return Effect.CORRECTION if event.correction else _plain_effect(state, event)


def _plain_effect(state: State, event: Event) -> Effect:
    """Return what an event does that says something else but not how."""
    if event.details.stage == state.details.stage:
        return Effect.UPDATE
    if state.detour or event.rank > state.rank:
        return Effect.ADVANCE
    return Effect.REGRESSION


@dataclass(frozen=True, slots=True)
class Folded:
    """The fold of a set of events, how the event at the head moved the state, whether it may be told."""

    state: State | None = None
    kind: Effect = Effect.REPEAT
    notify: bool = True
    last: Position | None = None


def fold(events: Iterable[Event]) -> Folded:
    """Fold a set of events of one application; the order they are given in does not matter."""
    folded = Folded()
    for event in sorted(events, key=attrgetter("position")):
        state, effect = step(folded.state, event)
        if effect in MOVES:
            folded = Folded(state, effect, event.notify, event.position)
        else:
            folded = Folded(folded.state, folded.kind, folded.notify, event.position)
    return folded


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of an application: its state, the last position taken in, the count of visible changes.

    `owner`: whose it is; None before anybody has named it.
    """

    state: State | None = None
    last: Position | None = None
    revision: int = 0
    owner: Publisher | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a new event did, what is known after it, and whether people are told of the state now."""

    effect: Effect
    known: Known
    tell: bool


def in_order(known: Known, event: Event) -> bool:
    """Tell whether the event comes after all that were taken in."""
    return known.last is None or event.position > known.last


def decide(known: Known, event: Event, history: Callable[[], Iterable[Event]]) -> Decision:
    """Take one new event in.

    Args:
        known: what the application's earlier events came to.
        event: an event whose identity was not taken in before.
        history: gives those earlier events; asked only where the event is out of order.
    """
    if in_order(known, event):
        state, effect = step(known.state, event)
        changed = effect in MOVES
        return Decision(effect, _after(known, state, event.position, changed), changed and event.notify)
    folded = fold((*history(), event))
    changed = visible(folded.state) != visible(known.state)
    effect = folded.kind if changed else Effect.LATE
    after = _after(known, folded.state, folded.last, changed)
    # What an event at the head kept quiet is not said because another one arrived behind it.
    return Decision(effect, after, changed and event.notify and folded.notify)


def _after(known: Known, state: State | None, last: Position | None, changed: bool) -> Known:  # noqa: FBT001 - private
    return Known(state, last, known.revision + changed, known.owner)
