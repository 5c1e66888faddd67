"""What happens at the same time: two trackers, many connections, one truth."""

import asyncio
import random
from collections import Counter
from uuid import UUID, uuid4

import pytest

from contracts.ids import RecipientId
from contracts.rpc import Stop
from contracts.stage import StageEvent
from runtime.postgres import Pool
from services.tracker.batch import Arrival
from services.tracker.domain import fold
from services.tracker.store import histories, known_from
from tests.integration.tracker.conftest import STAGES, Tracker, redeem, stage_event

ROUNDS = 300


async def told(pool: Pool, recipient: UUID) -> list[int]:
    rows = await pool.fetch("SELECT revision FROM notice WHERE recipient_id = $1", recipient)
    return [row["revision"] for row in rows]


async def test_copies_sent_at_once_take_one_effect(tracker: Tracker, other: Tracker) -> None:
    """200 copies of one event over two trackers' connections: one advance, 199 duplicates, one notice."""
    recipient = RecipientId(uuid4())
    await tracker.redeem(await tracker.issue(), recipient)
    copies = [one.take(stage_event("e1")) for one in (tracker, other) for _ in range(100)]
    await asyncio.gather(*copies)

    assert await tracker.books() == Counter({"advance": 1, "duplicate": 199})
    assert await told(tracker.pool, recipient) == [1]


async def test_the_same_messages_delivered_to_both_are_accounted_for_once(
    tracker: Tracker, other: Tracker
) -> None:
    """A batch redelivered while it is still being taken in elsewhere leaves one row a message."""
    bodies: list[StageEvent | bytes] = [stage_event(f"e{n}", application=n) for n in range(20)]
    bodies += [stage_event("e1", application=1), stage_event("p", "in_orbit"), b"{"]
    arrivals = tracker.arrivals(*bodies)
    await asyncio.gather(*(one.intake.take(arrivals) for one in (tracker, other) * 4))

    assert await tracker.books() == Counter({"advance": 20, "duplicate": 1, "parked": 1, "dead": 1})


async def test_one_identity_for_two_applications_stands_once(tracker: Tracker, other: Tracker) -> None:
    """Two trackers that take the same identity in for different applications at once: one conflict."""
    for number in range(50):
        mine = stage_event(f"e{number}", application=1)
        theirs = stage_event(f"e{number}", application=2, digest="f" * 64)
        await asyncio.gather(tracker.take(mine), other.take(theirs))
    books = await tracker.books()

    assert books["conflict"] == 50
    assert sum(books.values()) == 100


async def test_a_redeem_racing_an_event_is_told_once(tracker: Tracker, other: Tracker) -> None:
    """The answer to the redeem holds the stage or a notice tells it: never neither, never both."""
    tokens = [await tracker.issue(number) for number in range(ROUNDS)]
    by = Counter[str]()
    for number, token in enumerate(tokens):
        recipient = RecipientId(uuid4())
        event = stage_event(f"e{number}", application=number)
        if number % 2:
            reply, _ = await asyncio.gather(tracker.redeem(token, recipient), other.take(event))
        else:
            _, reply = await asyncio.gather(other.take(event), tracker.redeem(token, recipient))
        revisions = await told(tracker.pool, recipient)
        learned = [revision for revision in (reply.followed.revision, *revisions) if revision]
        by["answer" if reply.followed.revision else "notice"] += 1

        assert learned == [1]
    assert by["answer"]
    assert by["notice"]


async def test_a_stop_racing_events_leaves_no_late_notice(tracker: Tracker, other: Tracker) -> None:
    """When a stop is answered, the notices of that subscription are all there will ever be, without a gap."""
    for number in range(100):
        token, recipient = await tracker.issue(number), RecipientId(uuid4())
        await tracker.redeem(token, recipient)

        async def events(number: int = number) -> None:
            for stage in STAGES[:5]:
                await other.take(stage_event(f"{number}-{stage}", stage, application=number))

        async def stop(recipient: RecipientId = recipient) -> list[int]:
            await tracker.following.stop(Stop(recipient_id=recipient))
            return await told(tracker.pool, recipient)

        _, at_the_stop = await asyncio.gather(events(), stop())
        revisions = await told(tracker.pool, recipient)

        assert revisions == at_the_stop
        assert sorted(revisions) == list(range(1, len(revisions) + 1))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_overlapping_batches_neither_deadlock_nor_lose(
    tracker: Tracker, other: Tracker, seed: int
) -> None:
    """Batches over the same applications in any order, with stops and redeems between them, all end well."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    tokens = [await tracker.issue(number) for number in range(12)]
    sent: list[list[Arrival]] = []
    for _ in range(30):
        numbers = dice.sample(range(12), 8)
        bodies = [
            stage_event(f"e{n}-{dice.randrange(20)}", dice.choice(STAGES), application=n) for n in numbers
        ]
        sent.append(tracker.arrivals(*bodies))

    async def people(one: Tracker) -> None:
        for _ in range(10):
            recipient = RecipientId(uuid4())
            for token in dice.sample(tokens, 3):
                await one.following.redeem(redeem(token, recipient))
            await one.following.stop(Stop(recipient_id=recipient))

    batches = [dice.choice((tracker, other)).intake.take(batch) for batch in sent]
    await asyncio.gather(*batches, people(tracker), people(other))
    deadlocks = await tracker.pool.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    rows = await tracker.pool.fetch("SELECT * FROM application WHERE stage IS NOT NULL")
    async with tracker.pool.acquire() as connection:
        events = await histories(connection, [row["application_key"] for row in rows])

    assert deadlocks == 0
    assert sum((await tracker.books()).values()) == 240
    for row in rows:
        assert fold(events[row["application_key"]]).state == known_from(row).state
