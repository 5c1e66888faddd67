"""PostgreSQL fails over while the whole installation is under load: the promise holds."""

import asyncio
import os
import random
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from runtime.embedded import ports
from tests.faults.autopsy import examined
from tests.faults.bars import withstood
from tests.faults.between import HOST, between
from tests.faults.desk import Desk, desk
from tests.faults.evidence import collect, findings
from tests.faults.failing_over import FAULTS
from tests.faults.fleet import Fleet
from tests.faults.harness import Harness, harness, prepared
from tests.faults.offered import Offer, offering
from tests.faults.patroni import HighlyAvailable, highly_available, require

SEED = os.environ.get("DOCWATCH_FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
ONLY = os.environ.get("DOCWATCH_FAULTS_ONLY", "")
KEEP = os.environ.get("DOCWATCH_FAULTS_KEEP")
RATE, PACE = 50, 10.0

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(900)]


async def _suffer(
    name: str, stack: Harness, database: HighlyAvailable, offer: Offer, counter: Desk
) -> str | None:
    """Let one fault befall the database, then make it whole; return what broke the promise."""
    chance = random.Random(f"{SEED} {name}")  # noqa: S311 - a fault that can be repeated
    fault, telling = partial(FAULTS[name], database, chance), {"an event": counter.tell}
    wrong = await withstood(name, stack, offer, fault, telling)
    await database.whole()
    return wrong


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
