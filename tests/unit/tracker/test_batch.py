"""The intake's decisions against a store in memory: any duplication, order and batching of any events."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.digest import canonical, digest
from contracts.messages.ids import ApplicationKey, Publisher
from contracts.messages.outcome import Effect
from contracts.messages.stage import StageEvent
from services.tracker.domain.batch import (
    Aside,
    Identity,
    InboxEntry,
    Plan,
    Readable,
    Snapshot,
    Source,
    Taken,
    Unusable,
    named,
    plan,
    unordered,
)
from services.tracker.domain.ownership import (
    EVERYTHING,
    Grant,
    among,
    needed,
)
from services.tracker.domain.state import Event, Known, fold
from tests.unit.tracker.conftest import NOON, chances, event, histories

KEYS = [ApplicationKey(digit * 64) for digit in "ab"]


@dataclass
class Memory:
    """What PostgreSQL keeps, as plain dictionaries."""

    aside: set[UUID] = field(default_factory=set)
    inbox: dict[Identity, InboxEntry] = field(default_factory=dict)
    known: dict[ApplicationKey, Known] = field(default_factory=dict)
    events: dict[ApplicationKey, list[Event]] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    put_aside: list[Aside] = field(default_factory=list)
    grants: frozenset[Grant] = frozenset()

    def take(self, arrivals: list[Readable | Unusable]) -> Plan:
        """Take a batch in as the intake does: histories are read only where they are asked for."""
        first = Snapshot(frozenset(self.aside), dict(self.inbox), dict(self.known))
        asked = {key: tuple(self.events.get(key, ())) for key in unordered(arrivals, first)}
        wanted = needed(named(arrivals), first.known)
        asked_for = wanted | {one._replace(key=EVERYTHING) for one in wanted}
        grants = frozenset(self.grants & asked_for)
        decided = plan(arrivals, replace(first, histories=asked, grants=grants))
        self.known.update(decided.known)
        for one in decided.taken:
            self.inbox[one.arrival.identity] = InboxEntry(
                one.arrival.body.digest, one.arrival.source.sequence
            )
            self.events.setdefault(one.arrival.body.application_key, []).append(one.event)
        self.aside |= {one.source.id for one in decided.aside}
        self.taken += decided.taken
        self.put_aside += decided.aside
        return decided

    def owners(self) -> dict[ApplicationKey, Publisher | None]:
        """Return whose each application is."""
        return {key: known.owner for key, known in self.known.items()}

    def books(self) -> Counter[Effect]:
        """Count every message dealt with, by effect."""
        return Counter([t.decision.effect for t in self.taken] + [a.effect for a in self.put_aside])


def arrival(
    sequence: int, one: Event, key: ApplicationKey = KEYS[0], *, digest: str = "0", known: bool = True
) -> Readable:
    body = StageEvent(
        publisher=one.publisher,
        event_id=one.event_id,
        digest=digest * 64,
        application_key=key,
        masked="...42",
        document_type=one.details.document_type,
        stage=one.details.stage,
        occurred_at=one.occurred_at,
        accepted_at=NOON + timedelta(days=1),
    )
    return Readable(Source("STAGES", sequence, f"{sequence}".encode()), body, one if known else None)


def application(one: Event) -> ApplicationKey:
    """Return which application a drawn event belongs to."""
    return KEYS[int(one.event_id[1:]) % 2]


Deliveries = tuple[list[Event], list[list[Readable]]]


def deliveries() -> st.SearchStrategy[Deliveries]:
    """Draw events over two applications, and batches in which each arrives at least once, in any order."""
    return st.builds(delivered, histories(7), chances())


def delivered(events: list[Event], chance: Random) -> Deliveries:
    """Copy, order and cut events by chance."""
    sent = events + chance.choices(events, k=chance.randrange(7))
    chance.shuffle(sent)
    stream = [arrival(number, one, application(one)) for number, one in enumerate(sent, 1)]
    arriving = stream + chance.choices(stream, k=chance.randrange(7))
    cuts = sorted({chance.randint(1, len(arriving)) for _ in range(chance.randrange(5))})
    edges = [0, *cuts, len(arriving)]
    return events, [arriving[low:high] for low, high in pairwise(edges)]


SHARED = frozenset(Grant(*pair, EVERYTHING) for pair in among([Publisher("a"), Publisher("b")]))
"""The publishers of the drawn events write each other's applications."""


@settings(max_examples=1000)
@given(deliveries())
def test_batches_and_copies_end_in_the_fold_with_balanced_books(
    given: Deliveries,
) -> None:
    """However events are copied, ordered and batched: one history, its fold, every message accounted for."""
    events, batches = given
    memory = Memory(grants=SHARED)
    for batch in batches:
        memory.take(list(batch))
    messages = {one.source.id for batch in batches for one in batch}

    assert sorted(e.event_id for some in memory.events.values() for e in some) == sorted(
        one.event_id for one in events
    )
    for key, known in memory.known.items():
        assert fold(memory.events[key]).state == known.state
    assert memory.books().total() == len(messages)
    assert memory.books()[Effect.DUPLICATE] == len(messages) - len(events)


@settings(max_examples=500)
@given(deliveries())
def test_batching_changes_no_decision(given: Deliveries) -> None:
    """One message at a time gives every effect, revision and telling that batches give."""
    _, batches = given
    together, alone = Memory(), Memory()
    for batch in batches:
        together.take(list(batch))
        for one in batch:
            alone.take([one])

    assert [t.decision for t in alone.taken] == [t.decision for t in together.taken]
    assert alone.books() == together.books()


@settings(max_examples=500)
@given(deliveries())
def test_each_revision_is_told_at_most_once(given: Deliveries) -> None:
    """No two tellings of an application share a revision, so no change is told twice."""
    memory = Memory()
    for batch in given[1]:
        memory.take(list(batch))
    told = [
        (t.arrival.body.application_key, t.decision.known.revision) for t in memory.taken if t.decision.tell
    ]

    assert len(told) == len(set(told))


@settings(max_examples=1000)
@given(deliveries())
def test_only_the_owner_is_in_the_fold_and_the_books_balance(given: Deliveries) -> None:
    """Whoever's message comes first owns, others' end refused, and the fold is that of the owner's events."""
    events, batches = given
    memory, first = Memory(), dict[ApplicationKey, Publisher]()
    for batch in batches:
        memory.take(list(batch))
        for one in batch:
            first.setdefault(one.body.application_key, one.body.publisher)
    messages = {one.source.id: one for batch in batches for one in batch}
    foreign = {key for key, one in messages.items() if first[one.body.application_key] != one.body.publisher}
    own = {key: [e for e in events if application(e) == key and e.publisher == first[key]] for key in first}

    assert memory.owners() == first
    assert {key: fold(some) for key, some in memory.events.items()} == {
        key: fold(some) for key, some in own.items()
    }
    assert {one.source.id for one in memory.put_aside if one.effect is Effect.REFUSED} == foreign
    assert memory.books().total() == len(messages)


@settings(max_examples=500)
@given(deliveries())
def test_what_is_replayed_after_a_grant_ends_as_if_it_had_been_granted(given: Deliveries) -> None:
    """Refused events sent again once their publisher may write end in the fold of all, none left out."""
    events, batches = given
    memory = Memory()
    for batch in batches:
        memory.take(list(batch))
    refused = {one.source.id: one for one in memory.put_aside if one.effect is Effect.REFUSED}
    again = [message for batch in batches for message in batch if message.source.id in refused]
    memory.grants = SHARED
    memory.take([replace(one, source=Source("STAGES", 1000 + n, b"")) for n, one in enumerate(again)])
    states = {key: known.state for key, known in memory.known.items()}

    assert states == {key: fold(e for e in events if application(e) == key).state for key in states}
    assert sorted(e.event_id for some in memory.events.values() for e in some) == sorted(
        one.event_id for one in events
    )


def test_another_body_under_a_known_identity_is_a_conflict() -> None:
    """The first body stands, within a batch and across batches; another one is set aside."""
    memory = Memory()
    memory.take([arrival(1, event(1)), arrival(2, event(1, "printing"), digest="f")])
    memory.take([arrival(3, event(1, "printing"), KEYS[1], digest="f")])

    assert memory.books() == {Effect.ADVANCE: 1, Effect.CONFLICT: 2}
    assert list(memory.events) == [KEYS[0]]


def test_an_unknown_stage_is_parked_unless_its_identity_was_taken_in() -> None:
    """What the catalogue does not know is set aside; what was taken in while it did stays taken in."""
    memory = Memory()
    memory.take([arrival(1, event(1)), arrival(2, event(2), known=False)])
    memory.take([arrival(1, event(1), known=False), arrival(3, event(1), known=False)])
    memory.take([arrival(2, event(2))])

    assert memory.books() == {Effect.ADVANCE: 1, Effect.PARKED: 1, Effect.DUPLICATE: 1}


def test_a_parked_event_sent_again_takes_effect() -> None:
    """Parking takes no identity, so a fresh message with the same event is decided anew."""
    memory = Memory()
    memory.take([arrival(1, event(1), known=False)])
    memory.take([arrival(2, event(1))])

    assert memory.books() == {Effect.PARKED: 1, Effect.ADVANCE: 1}


def test_what_cannot_be_used_is_dead_once() -> None:
    """An unusable message is accounted for once, however often it is delivered."""
    memory = Memory()
    bad = Unusable(Source("STAGES", 1, b"{"), "unreadable", "message: not JSON")
    memory.take([bad, bad])
    memory.take([bad])

    assert memory.books() == {Effect.DEAD: 1}


def test_a_stream_made_anew_does_not_hide_its_messages() -> None:
    """The same sequence with other bytes is another message."""
    memory = Memory()
    memory.take([Unusable(Source("STAGES", 1, b"{"), "unreadable", "")])
    memory.take([Unusable(Source("STAGES", 1, b"["), "unreadable", "")])

    assert memory.books() == {Effect.DEAD: 2}


def test_a_default_written_out_is_no_conflict() -> None:
    """The same event with and without its defaults is a copy, whichever of the two was stored first."""
    plain = arrival(1, event(1))
    said = {
        "application_key": plain.body.application_key,
        "document_type": plain.body.document_type,
        "stage": plain.body.stage,
        "occurred_at": plain.body.occurred_at,
    }
    digests = [digest(canonical({**said, **more})) for more in ({}, {"missing": [], "notify": True})]

    for first, second in (digests, digests[::-1]):
        memory = Memory()
        for sequence, one in enumerate((first, second, digest(b"{}")), 1):
            body = plain.body.model_copy(update={"digest": one})
            source = Source("STAGES", sequence, f"{sequence}".encode())
            memory.take([replace(plain, source=source, body=body)])

        assert memory.books() == {Effect.ADVANCE: 1, Effect.DUPLICATE: 1, Effect.CONFLICT: 1}
