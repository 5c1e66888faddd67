"""The steps of a restart or an upgrade under load, one after the other, and what must hold then and after."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from runtime.clock import SystemClock
from tests.faults.bars import watched
from tests.faults.evidence import collect, findings
from tests.faults.offered import Offer, offering
from tests.faults.rollout import Rollout

CLOCK = SystemClock()
RATE, PACE, PLAY_SECONDS = 50, 10.0, 900.0
ANSWERED_SECONDS = 5.0
Step = Callable[[], Awaitable[None]]


@dataclass
class Load:
    """What is offered all the while, and who is told besides those of the sample."""

    running: Rollout
    offer: Offer
    sent: list[str] = field(default_factory=list)
    followers: set[int] = field(default_factory=set)
    longest: float = 0.0

    async def take(self, name: str, step: Step, telling: Step) -> None:
        """Take a step, then have somebody told of something new; note how long posts waited."""
        started, self.offer.longest = CLOCK.monotonic(), 0.0
        async with watched(self.offer) as acceptance:
            await step()
            await telling()
        took, longest = CLOCK.monotonic() - started, self.offer.longest
        self.longest = max(self.longest, longest)
        self.running.harness.history.append(
            f"{name}: {took:.1f} s; no event accepted for {acceptance.longest:.2f} s at most,"
            f" a post had its 202 after {longest:.2f} s at most"
        )


@asynccontextmanager
async def loaded(running: Rollout, key: str | None = None) -> AsyncIterator[Load]:
    """Play a month and offer events for the length of the block, with a key or one that is made.

    What is left of the month then is played at once.
    """
    installed = running.harness.running
    assert installed.player is not None
    url, database = installed.addresses.ingest, installed.servers.databases["ingest"]
    async with offering(url, database, RATE, PACE, anew=True, key=key) as offer:
        playing = asyncio.create_task(installed.player.play(PLAY_SECONDS))
        try:
            yield Load(running, offer)
        finally:
            playing.cancel()
            await asyncio.wait({playing})
    if not playing.cancelled():
        playing.result()
    await running.harness.play()


async def taken_all(load: Load, steps: Mapping[str, Step], telling: Step) -> None:
    """Take all steps, each when the one before it is done."""
    for name, step in steps.items():
        await load.take(name, step, telling)


async def judge(load: Load, answers: Collection[int] = (202,), within: float = ANSWERED_SECONDS) -> None:
    """Look at what is left once the load has ended; AssertionError where something did not hold.

    `answers` are those that a post may have; one without any is none of them. `within` so many seconds of its
    first offer each must have had its 202.
    """
    harness, offer = load.running.harness, load.offer
    books = await harness.books()
    evidence = await collect(harness)
    harness.history.append(f"posts: {dict(offer.statuses)}; {books.effects} {books.ends}")
    offered = [f"offered-{number}" for number in range(offer.made)]
    followers = evidence.followers | load.followers
    assert [] == load.running.wrong
    assert offer.settled == offer.made
    assert set() == set(offer.statuses).difference(answers)
    assert load.longest < within
    assert [] == books.problems()
    assert [] == findings(replace(evidence, sent=[*evidence.sent, *load.sent, *offered], followers=followers))
