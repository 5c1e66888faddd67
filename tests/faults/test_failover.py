"""PostgreSQL fails over while the whole installation is under load: the promise holds."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest

from runtime.clock import SystemClock
from runtime.embedded import ports
from tests.faults.autopsy import examined
from tests.faults.between import HOST, between
from tests.faults.desk import Desk, desk
from tests.faults.evidence import collect, findings
from tests.faults.failing_over import FAULTS
from tests.faults.fleet import Fleet
from tests.faults.harness import Harness, harness, prepared
from tests.faults.offered import Offer, offering
from tests.faults.patroni import HighlyAvailable, highly_available, require
from tests.waiting import until

SEED = os.environ.get("DOCWATCH_FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
ONLY = os.environ.get("DOCWATCH_FAULTS_ONLY", "")
KEEP = os.environ.get("DOCWATCH_FAULTS_KEEP")
CLOCK = SystemClock()
RATE, PACE = 50, 10.0
ACCEPTED_SECONDS = 15.0
TOLD_SECONDS = 60.0
UNTOLD = """
SELECT count(*) FROM tracker.notice WHERE ended_as IS NULL AND created_at < now() - make_interval(secs => $1)
"""

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(900)]


@dataclass
class Acceptance:
    """The longest time in seconds for which no event was accepted, so far."""

    longest: float = 0.0


@asynccontextmanager
async def _watched(offer: Offer) -> AsyncIterator[Acceptance]:
    found = Acceptance()

    async def watch() -> None:
        settled, since = offer.settled, CLOCK.monotonic()
        while True:
            await CLOCK.sleep(0.05)
            if offer.settled != settled:
                settled, since = offer.settled, CLOCK.monotonic()
            found.longest = max(found.longest, CLOCK.monotonic() - since)

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()


async def _suffer(
    name: str, stack: Harness, database: HighlyAvailable, offer: Offer, counter: Desk
) -> str | None:
    """Let one fault befall the database; return what broke the promise, None where it held."""
    chance = random.Random(f"{SEED} {name}")  # noqa: S311 - a fault that can be repeated
    started = CLOCK.monotonic()
    async with _watched(offer) as acceptance:
        await FAULTS[name](database, chance)
        over = CLOCK.monotonic()
        wrong = None
        try:
            async with asyncio.timeout(TOLD_SECONDS):
                await counter.tell()
                await until(
                    lambda: _all_told(stack, CLOCK.monotonic() - over), within=TOLD_SECONDS, every=0.5
                )
        except TimeoutError:
            wrong = f"not all was told within {TOLD_SECONDS:g} s"
    if acceptance.longest > ACCEPTED_SECONDS:
        wrong = f"no event was accepted for {acceptance.longest:.1f} s"
    stack.history.append(
        f"{name}: {over - started:.1f} s; no event accepted for {acceptance.longest:.1f} s at most;"
        f" all told {CLOCK.monotonic() - over:.1f} s later; {wrong or 'held'}"
    )
    await database.whole()
    return wrong


async def _all_told(stack: Harness, since: float) -> bool:
    """Tell whether no notice is open that was made before so many seconds."""
    connection = await asyncpg.connect(stack.running.servers.admin)
    try:
        return not await connection.fetchval(UNTOLD, since)
    finally:
        await connection.close()


async def test_the_promise_holds_while_the_database_fails_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever befalls it, nothing is lost or told beyond the promise, and both go on in time."""
    await _withstands(list(FAULTS), monkeypatch, through_haproxy=False)


async def test_the_promise_holds_behind_haproxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same by one address, behind which haproxy asks Patroni who leads."""
    require("haproxy")
    await _withstands(
        ["the primary is killed", "the primary is frozen and wakes"], monkeypatch, through_haproxy=True
    )


async def _withstands(faults: list[str], patch: pytest.MonkeyPatch, *, through_haproxy: bool) -> None:
    """Let faults befall the database of an installation, in any order, and look at what is left."""
    chance = random.Random(SEED)  # noqa: S311 - an order that can be repeated
    names = [name for name in faults if ONLY in name]
    chance.shuffle(names)
    told = [f"repeat with DOCWATCH_FAULTS_SEED={SEED}"]
    keep = None if KEEP is None else Path(KEEP, SEED)
    try:
        with prepared(patch) as home:
            async with AsyncExitStack() as around:
                database = await around.enter_async_context(highly_available(home))
                await around.enter_async_context(database.examined(keep))
                url = database.url()
                if through_haproxy:
                    port = ports.pick(HOST)
                    await around.enter_async_context(
                        between("haproxy", database.behind_haproxy(port), home, port)
                    )
                    url = database.url_at(port)
                patch.setenv("DOCWATCH_DATABASE_URL", url)
                stack = await around.enter_async_context(harness(seed=int(SEED), history=told))
                await around.enter_async_context(examined(stack, keep))
                wrong, sent, followers = await _played(names, stack, database)
                books = await stack.books()
                evidence = await collect(stack)
                assert {} == wrong
                assert [] == [*books.problems(), *stack.ended()]
                whole = [*evidence.sent, *sent]
                everything = replace(evidence, sent=whole, followers=evidence.followers | followers)
                assert [] == findings(everything)
    finally:
        sys.stdout.write("\n".join(["", *told, ""]))


async def _played(
    names: list[str], stack: Harness, database: HighlyAvailable
) -> tuple[dict[str, str], list[str], set[int]]:
    """Play a month under load meanwhile; return what went wrong, what was sent besides and who follows."""
    wrong = dict[str, str]()
    assert stack.running.player is not None
    async with (
        desk(Fleet(stack, {}, {})) as counter,
        offering(stack.running.addresses.ingest, database.url(), RATE, PACE) as offer,
        asyncio.TaskGroup() as both,
    ):
        both.create_task(stack.running.player.play(40.0 * len(names)))
        for name in names:
            found = await _suffer(name, stack, database, offer, counter)
            if found is not None:
                wrong[name] = found
    offered = [f"offered-{number}" for number in range(offer.made)]
    assert offer.settled == offer.made
    return wrong, [*counter.sent, *offered], counter.followers
