"""What happens at the same time: two trackers, many connections, one truth."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID, uuid4

import nats
import pytest

from contracts.messages.forget import Forget
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Stop
from contracts.messages.stage import StageEvent
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.tracker.domain.batch import Arrival
from services.tracker.domain.state import fold
from services.tracker.following.erasure import Erasure
from services.tracker.store.applications import known_from
from services.tracker.store.history import histories
from tests.conftest import Databases
from tests.integration.tracker.conftest import (
    NOON,
    STAGES,
    Tracker,
    publish,
    redeem,
    running,
    stage_event,
)
from tests.waiting import until

ROUNDS = [250, pytest.param(1000, marks=pytest.mark.long)]
AT_ONCE = 8
COPIES = 1000
NEWS = "SELECT revision FROM notice WHERE recipient_id = $1 AND kind = 'advance'"
NEWS_OF = "SELECT count(*) FROM notice WHERE subscription_id = $1 AND kind = 'advance'"


async def told(pool: Pool, recipient: UUID) -> list[int]:
    rows = await pool.fetch("SELECT revision FROM notice WHERE recipient_id = $1", recipient)
    return [row["revision"] for row in rows]


async def test_copies_sent_at_once_take_one_effect(
    tracker: Tracker, databases: Databases, nats_url: str
) -> None:
    """1,000 copies of one event over 4 connections to 2 running trackers: one advance, one notice."""
    recipient = RecipientId(uuid4())
    await tracker.redeem(await tracker.issue(), recipient)
    copies = [stage_event("e1") for _ in range(COPIES // 4)]
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(running(databases, nats_url))
        clients = [await nats.connect(nats_url) for _ in range(4)]
        await asyncio.gather(*(publish(client, *copies) for client in clients))

        async def all_taken() -> bool:
            return sum((await tracker.books()).values()) == COPIES

        await until(all_taken)
        await asyncio.gather(*(client.close() for client in clients))

    assert await tracker.books() == Counter({"advance": 1, "duplicate": COPIES - 1})
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


@dataclass
class Round:
    """An event races a newcomer's redeem and the stop or the forgetting of somebody who follows already."""

    number: int
    mine: Tracker
    theirs: Tracker
    newcomer: RecipientId = field(default_factory=lambda: RecipientId(uuid4()))
    leaver: RecipientId = field(default_factory=lambda: RecipientId(uuid4()))

    async def run(self) -> "Learned":
        """Run all three at once and say who learned what."""
        token = await self.mine.issue(self.number)
        subscription = (await self.mine.redeem(token, self.leaver)).followed.subscription_id
        event = stage_event(f"e{self.number}", application=self.number)
        calls = [self._arrive(token), self._leave(subscription), self._happen(event)]
        shift = self.number % 3
        done = await asyncio.gather(*calls[shift:], *calls[:shift])
        answer, at_the_end, _ = (done[(place - shift) % 3] for place in range(3))
        rows = await self.mine.pool.fetch(NEWS, self.newcomer)
        return Learned(answer, len(rows), at_the_end, await self._news_of(subscription), self.leaver)

    async def _arrive(self, token: str) -> int:
        return (await self.mine.redeem(token, self.newcomer)).followed.revision

    async def _leave(self, subscription: UUID) -> int:
        if self.number % 2:
            await self.theirs.following.stop(Stop(recipient_id=self.leaver))
        else:
            forgetting = Erasure(self.theirs.pool, SystemClock())
            await forgetting.forget(Forget(recipient_id=self.leaver, at=NOON))
        return await self._news_of(subscription)

    async def _happen(self, event: StageEvent) -> int:
        await self.theirs.take(event)
        return 0

    async def _news_of(self, subscription: UUID) -> int:
        count: int = await self.mine.pool.fetchval(NEWS_OF, subscription)
        return count


class Learned(NamedTuple):
    """What a newcomer learned from the answer and by notices; a leaver's notices when they left and later."""

    answer: int
    notices: int
    at_the_end: int
    afterwards: int
    leaver: RecipientId


@pytest.mark.parametrize("count", ROUNDS)
async def test_redeem_stop_and_forget_race_events(tracker: Tracker, other: Tracker, count: int) -> None:
    """Time and again: a newcomer learns of the stage exactly once, a leaver of nothing after they left."""
    pairs = ((tracker, other), (other, tracker))
    rounds = [Round(number, *pairs[number % 4 // 2]) for number in range(count)]
    found: list[Learned] = []
    for start in range(0, count, AT_ONCE):
        found += await asyncio.gather(*(one.run() for one in rounds[start : start + AT_ONCE]))
    forgotten = [one.leaver for one in found[::2]]
    traces = await tracker.pool.fetchval(
        "SELECT (SELECT count(*) FROM notice WHERE recipient_id = ANY($1::uuid[]))"
        " + (SELECT count(*) FROM subscription WHERE recipient_id = ANY($1::uuid[]))",
        forgotten,
    )

    assert Counter(one.answer + one.notices for one in found) == {1: count}
    assert [one for one in found if one.at_the_end != one.afterwards or one.afterwards > 1] == []
    assert traces == 0
    assert {one.answer for one in found} == {one.afterwards for one in found} == {0, 1}


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
