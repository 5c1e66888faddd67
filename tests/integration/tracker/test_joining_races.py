"""A join and something else at the same time, in either order: both wait at one lock, and go on in turn."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from contracts.messages.following import ExportQuery, Joined
from contracts.messages.rpc import Stop, Stopped
from runtime.database.postgres import Connection
from services.tracker.following.claims import INVALID
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from tests.integration.tracker.conftest import Tracker, key, redeem, stage_event
from tests.integration.tracker.joining import (
    ask,
    follow,
    follows,
    forget,
    join,
    left_behind,
    names,
    people,
    told,
)
from tests.waiting import until

WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
Work = Coroutine[Any, Any, Any]
Gate = Callable[[Connection], Awaitable[object]]


def at_application(number: int) -> Gate:
    """Hold an application's row."""
    return lambda connection: connection.execute(
        "SELECT FROM application WHERE application_key = $1 FOR UPDATE", key(number)
    )


def at_person(recipient: UUID) -> Gate:
    """Hold a person's lock."""
    return lambda connection: connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))", recipient
    )


@asynccontextmanager
async def held(tracker: Tracker, gate: Gate) -> AsyncIterator[None]:
    """Hold a lock until the block ends."""
    async with tracker.pool.acquire() as connection, connection.transaction():
        await gate(connection)
        yield


async def in_turn(tracker: Tracker, gate: Gate, *works: Work) -> list[Any]:
    """Let each wait for a lock before the next one begins, then let them go on; return what they return."""
    tasks = []
    async with held(tracker, gate):
        for number, work in enumerate(works, 1):
            tasks.append(asyncio.ensure_future(work))

            async def waits(count: int = number) -> bool:
                return bool(await tracker.pool.fetchval(WAITING) == count)

            await until(waits)
    return await asyncio.gather(*tasks)


BOTH = pytest.mark.parametrize("join_first", [True, False])


def ordered(join_first: bool, joins: Work, other: Work) -> tuple[Work, Work]:  # noqa: FBT001 - as parametrized
    return (joins, other) if join_first else (other, joins)


@BOTH
async def test_an_event(tracker: Tracker, other: Tracker, *, join_first: bool) -> None:
    """A batch tells of each document once, whichever of the two names it still knows."""
    a, b = people()
    await follow(tracker, a, 0)
    await follow(tracker, b, 0, 1)
    events = other.take(stage_event("e0"), stage_event("e1", application=1))
    await in_turn(tracker, at_application(0), *ordered(join_first, join(tracker, b, a), events))
    await tracker.take(stage_event("e2", "printing"), stage_event("e3", "printing", application=1))
    found = [await told(tracker, event) for event in ("e0", "e1", "e2", "e3")]

    assert found == [Counter([a]), Counter([a if join_first else b]), Counter([a]), Counter([a])]
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice WHERE recipient_id <> $1", a) == 0
    assert await reconcile(tracker.pool, Metrics()) == 0


@BOTH
async def test_a_redeem(tracker: Tracker, other: Tracker, *, join_first: bool) -> None:
    """What the one who is joined begins to follow meanwhile the one person follows."""
    a, b = people()
    token = await tracker.issue(0)
    works = ordered(join_first, join(tracker, b, a), other.redeem(token, b))
    found = await in_turn(tracker, at_person(b), *works)
    await tracker.take(stage_event("e1"))
    moved = next(one.moved for one in found if isinstance(one, Joined))

    assert moved == (0 if join_first else 1)
    assert len(await follows(tracker, a)) == 1
    assert await told(tracker, "e1") == Counter([a])


@BOTH
@pytest.mark.parametrize("everything", [True, False])
async def test_a_stop(tracker: Tracker, other: Tracker, *, join_first: bool, everything: bool) -> None:
    """Whoever stops meanwhile is told nothing more by either name."""
    a, b = people()
    [theirs] = await follow(tracker, b, 0)
    wish = Stop(recipient_id=b, subscription_id=None if everything else theirs)
    works = ordered(join_first, join(tracker, b, a), other.following.stop(wish))
    found = await in_turn(tracker, at_person(b), *works)
    await tracker.take(stage_event("e1"))
    held_of = await tracker.own.export(ExportQuery(recipient_id=a))

    assert Stopped(ended=1) in found
    assert [one.ended_by for one in held_of.holdings] == ["stop"]
    assert await told(tracker, "e1") == Counter()


@BOTH
@pytest.mark.parametrize("leaver", [0, 1])
async def test_a_wish_to_be_forgotten(
    tracker: Tracker, other: Tracker, leaver: int, *, join_first: bool
) -> None:
    """It comes first and nobody is joined, or last and forgets the one person wholly."""
    both = a, b = people()
    await follow(tracker, a, 0, 1)
    await follow(tracker, b, 0, 2)
    works = ordered(join_first, ask(tracker, b, a), forget(other, both[leaver]))
    found = await in_turn(tracker, at_person(both[leaver]), *works)
    gone = both if join_first else [both[leaver]]
    await tracker.take(*(stage_event(f"e{number}", application=number) for number in range(3)))

    assert (INVALID in found) is not join_first
    assert await names(tracker, *gone) == 0
    assert [len(await follows(tracker, one)) for one in both] == [0 if one in gone else 2 for one in both]
    assert await tracker.pool.fetchval("SELECT count(*) FROM forgotten") == len(gone)
    assert await reconcile(tracker.pool, Metrics()) == 0


@pytest.mark.parametrize("count", [2, 6])
async def test_joins_of_the_same_two(tracker: Tracker, other: Tracker, count: int) -> None:
    """Of both directions at once, from several trackers, one wins, and all are answered alike."""
    a, b = people()
    await follow(tracker, a, 0, 1)
    await follow(tracker, b, 1, 2, 3)
    trackers = (tracker, other) * (count // 2)
    works = [join(one, *((a, b) if number % 2 else (b, a))) for number, one in enumerate(trackers)]
    found = await in_turn(tracker, at_person(min(a, b)), *works)

    assert found == [found[0]] * count
    assert (found[0].into, found[0].moved, len(found[0].already_followed)) == (a, 2, 1)
    assert len(await follows(tracker, a)) == 4
    [row] = await tracker.pool.fetch("SELECT recipient_id, into_id FROM joined")
    assert tuple(row) == (b, a)


@pytest.mark.parametrize("shift", range(4))
async def test_joins_in_a_circle(tracker: Tracker, other: Tracker, shift: int) -> None:
    """Of four who all join the next one at once there is one person, and no circle, in any order."""
    everyone = people(4)
    for number, one in enumerate(everyone):
        await follow(tracker, one, number, 4)
    pairs = [(everyone[n], everyone[(n + 1) % 4]) for n in range(4)]
    pairs = [*pairs[shift:], *pairs[:shift]]
    calls = [join(one, *pair) for one, pair in zip((tracker, other) * 2, pairs, strict=True)]
    await asyncio.gather(*calls)
    await tracker.take(*(stage_event(f"e{number}", application=number) for number in range(5)))
    roots = {row["into_id"] for row in await tracker.pool.fetch("SELECT into_id FROM joined")}
    [root] = roots

    assert root in everyone
    assert await tracker.pool.fetchval("SELECT count(*) FROM joined WHERE recipient_id = $1", root) == 0
    assert [await told(tracker, f"e{number}") for number in range(5)] == [Counter([root])] * 5
    assert [len(await follows(tracker, one)) for one in everyone] == [5] * 4


async def test_nothing_waits_in_a_circle(tracker: Tracker, other: Tracker) -> None:
    """Everything at once, over and over, ends without a deadlock, and nothing is left to who was joined."""
    for number in range(25):
        a, b, c = trio = people(3)
        documents = [number * 3 + n for n in range(3)]
        for one in trio:
            await follow(tracker, one, *documents)
        token = await tracker.issue(documents[0])
        await asyncio.gather(
            ask(tracker, c, b),
            other.take(*(stage_event(f"e{n}", application=n) for n in documents)),
            ask(other, b, a),
            tracker.following.redeem(redeem(token, c)),
            ask(other, a, b),
            tracker.following.stop(Stop(recipient_id=b)) if number % 2 else forget(other, b),
            other.following.redeem(redeem(token, b)),
        )
    deadlocks = await tracker.pool.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )

    assert deadlocks == 0
    assert await left_behind(tracker) == 0
    assert await reconcile(tracker.pool, Metrics()) == 0
