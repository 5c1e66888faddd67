"""One batch of stage messages decided in stream order, as a pure function of what is stored.

Each message ends in exactly one way: taken in with its effect, set aside (duplicate, conflict, refused,
parked, dead) or nothing at all, because this very stream message was dealt with before.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID, uuid5

from contracts.digest import says_the_same
from contracts.messages.ids import ApplicationKey, EventId, Publisher
from contracts.messages.outcome import Effect
from contracts.messages.stage import StageEvent
from services.tracker.domain.ownership import Grant, Named, is_foreign
from services.tracker.domain.state import (
    Decision,
    Event,
    Known,
    decide,
    in_order,
)

_NAMESPACE = UUID("0d5f4b8e-6a0c-4d2b-8f57-6f4c5b0a9e21")


class Identity(NamedTuple):
    """Who says it and which: the identity of an event."""

    publisher: Publisher
    event_id: EventId


@dataclass(frozen=True)
class Source:
    """One message of a stream; `id` stands for this message, however often it is delivered.

    `trace` names the span under which it is taken in.
    """

    stream: str
    sequence: int
    payload: bytes
    trace: str | None = None

    @cached_property
    def id(self) -> UUID:
        """The same stream, sequence and bytes always give the same id; a stream made anew gives others."""
        return uuid5(_NAMESPACE, f"{self.stream}/{self.sequence}/{sha256(self.payload).hexdigest()}")


@dataclass(frozen=True, slots=True)
class Readable:
    """A message that says something; `event` is None where the catalogue does not know its stage."""

    source: Source
    body: StageEvent
    event: Event | None

    @property
    def identity(self) -> Identity:
        """The event's identity."""
        return Identity(self.body.publisher, self.body.event_id)


@dataclass(frozen=True, slots=True)
class Unusable:
    """A message that cannot be processed, and why; `body` where it could at least be read."""

    source: Source
    reason: str
    detail: str
    body: StageEvent | None = None


Arrival = Readable | Unusable


class InboxEntry(NamedTuple):
    """What the inbox holds under an identity."""

    digest: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is stored, read under the locks of the applications concerned.

    `aside` holds the ids of messages set aside before, `inbox` the identities taken in, `histories` the
    events of those applications for which `unordered` asked, `grants` those that stand of the ones
    that `ownership.needed` asked for.
    """

    aside: AbstractSet[UUID] = frozenset()
    inbox: Mapping[Identity, InboxEntry] = field(default_factory=dict)
    known: Mapping[ApplicationKey, Known] = field(default_factory=dict)
    histories: Mapping[ApplicationKey, Sequence[Event]] = field(default_factory=dict)
    grants: frozenset[Grant] = frozenset()


@dataclass(frozen=True, slots=True)
class Taken:
    """A message taken in, and what it did."""

    arrival: Readable
    event: Event
    decision: Decision


@dataclass(frozen=True, slots=True)
class Aside:
    """A message that takes no effect, and why."""

    source: Source
    effect: Effect
    reason: str
    body: StageEvent | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch comes to; `known` holds the applications that it touched, as they are after it."""

    taken: Sequence[Taken]
    aside: Sequence[Aside]
    known: Mapping[ApplicationKey, Known]


def unordered(arrivals: Iterable[Arrival], snapshot: Snapshot) -> set[ApplicationKey]:
    """Return the applications whose whole history is needed to decide the batch."""
    last: dict[ApplicationKey, Known] = {}
    keys: set[ApplicationKey] = set()
    for arrival in arrivals:
        if isinstance(arrival, Unusable) or arrival.event is None or arrival.identity in snapshot.inbox:
            continue
        key = arrival.body.application_key
        known = last.get(key) or snapshot.known.get(key, Known())
        if in_order(known, arrival.event):
            last[key] = Known(last=arrival.event.position)
        else:
            keys.add(key)
    return keys


def named(arrivals: Iterable[Arrival]) -> set[Named]:
    """Return which application is named by which publisher."""
    return {
        (arrival.body.application_key, arrival.body.publisher)
        for arrival in arrivals
        if isinstance(arrival, Readable) and arrival.event is not None
    }


def plan(arrivals: Iterable[Arrival], snapshot: Snapshot) -> Plan:
    """Decide a batch in the order given."""
    return _Planner(snapshot).run(arrivals)


class _Planner:
    """The batch's own memory on top of the snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._before = snapshot
        self._done = set(snapshot.aside)
        self._inbox = dict(snapshot.inbox)
        self._known: dict[ApplicationKey, Known] = {}
        self._fresh: dict[ApplicationKey, list[Event]] = {}
        self._taken: list[Taken] = []
        self._aside: list[Aside] = []

    def run(self, arrivals: Iterable[Arrival]) -> Plan:
        for arrival in arrivals:
            if arrival.source.id not in self._done:
                self._arrive(arrival)
        return Plan(self._taken, self._aside, self._known)

    def _arrive(self, arrival: Arrival) -> None:
        if isinstance(arrival, Unusable):
            self._put_aside(arrival, Effect.DEAD, arrival.reason, arrival.detail)
            return
        seen = self._inbox.get(arrival.identity)
        if seen is None and arrival.event is None:
            reason = f"unknown: {arrival.body.document_type} {arrival.body.stage}"
            self._put_aside(arrival, Effect.PARKED, reason)
        elif seen is None and arrival.event is not None:
            self._take(arrival, arrival.event)
        elif seen is not None and not says_the_same(arrival.body, seen.digest):
            self._put_aside(arrival, Effect.CONFLICT, "another body stands under this identity")
        elif seen is not None and seen.sequence != arrival.source.sequence:
            self._put_aside(arrival, Effect.DUPLICATE, "the same event was taken in before")

    def _put_aside(self, arrival: Arrival, effect: Effect, reason: str, detail: str = "") -> None:
        self._done.add(arrival.source.id)
        self._aside.append(Aside(arrival.source, effect, reason, arrival.body, detail))

    def _take(self, arrival: Readable, event: Event) -> None:
        key = arrival.body.application_key
        known = self._known.get(key) or self._before.known.get(key, Known())
        if is_foreign(known.owner, event.publisher, key, self._before.grants):
            self._put_aside(arrival, Effect.REFUSED, "the application belongs to another publisher")
            return
        if known.owner is None:
            known = replace(known, owner=event.publisher)
        fresh = self._fresh.setdefault(key, [])
        decision = decide(known, event, lambda: (*self._before.histories[key], *fresh))
        fresh.append(event)
        self._known[key] = decision.known
        self._inbox[arrival.identity] = InboxEntry(arrival.body.digest, arrival.source.sequence)
        self._taken.append(Taken(arrival, event, decision))
