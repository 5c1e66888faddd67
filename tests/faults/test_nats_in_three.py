"""NATS in three as the chart has it fails in every way while the installation is under load."""

import asyncio
import os
import random
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.faults.asked import asked
from tests.faults.autopsy import examined
from tests.faults.bars import withstood
from tests.faults.chart_nats import ChartNodes, chart_nodes
from tests.faults.desk import desk
from tests.faults.evidence import collect, findings
from tests.faults.failing_nodes import FAULTS
from tests.faults.fleet import Fleet
from tests.faults.harness import Harness, harness, prepared
from tests.faults.offered import offering
from tests.waiting import until

SEED = os.environ.get("DOCWATCH_FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
ONLY = os.environ.get("DOCWATCH_FAULTS_ONLY", "")
KEEP = os.environ.get("DOCWATCH_FAULTS_KEEP")
RATE, PACE = 50, 10.0

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(900)]


async def test_the_promise_holds_while_nodes_of_nats_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever befalls a node, nothing is lost or told beyond the promise, and all goes on in time."""
    chance = random.Random(SEED)  # noqa: S311 - an order that can be repeated
    names = [name for name in FAULTS if ONLY in name]
    chance.shuffle(names)
    told = [f"repeat with DOCWATCH_FAULTS_SEED={SEED}"]
    keep = None if KEEP is None else Path(KEEP, SEED)
    try:
        with prepared(monkeypatch):
            async with AsyncExitStack() as around:
                nodes = await around.enter_async_context(chart_nodes(tmp_path))
                nodes.tell_by(monkeypatch)
                stack = await around.enter_async_context(harness(seed=int(SEED), history=told))
                await around.enter_async_context(examined(stack, keep))
                wrong, sent, followers = await _played(names, stack, nodes)
                books = await stack.books()
                evidence = await collect(stack)
                await nodes.whole()
                assert {} == wrong
                assert [] == [*books.problems(), *stack.ended()]
                whole = [*evidence.sent, *sent]
                assert [] == findings(replace(evidence, sent=whole, followers=evidence.followers | followers))
                await until(partial(_same, nodes), every=0.5)
                assert [] == nodes.refused()
    finally:
        sys.stdout.write("\n".join(["", *told, ""]))


async def _played(
    names: list[str], stack: Harness, nodes: ChartNodes
) -> tuple[dict[str, str], list[str], set[int]]:
    """Play a month under load meanwhile; return what went wrong, what was sent besides and who was told."""
    wrong = dict[str, str]()
    running = stack.running
    assert running.player is not None
    async with (
        desk(Fleet(stack, {}, {})) as counter,
        asked(stack, counter) as probes,
        offering(running.addresses.ingest, running.servers.databases["ingest"], RATE, PACE) as offer,
        asyncio.TaskGroup() as both,
    ):
        both.create_task(running.player.play(40.0 * len(names)))
        telling = {"an event": counter.tell, "a receipt": probes.followed, "an answer": probes.answered}
        for name in names:
            chance = random.Random(f"{SEED} {name}")  # noqa: S311 - a fault that can be repeated
            found = await withstood(name, stack, offer, partial(FAULTS[name], nodes, chance), telling)
            if found is not None:
                wrong[name] = found
            await nodes.whole()
        await probes.told()
    offered = [f"offered-{number}" for number in range(offer.made)]
    assert offer.settled == offer.made
    return wrong, [*counter.sent, *offered], counter.followers | probes.citizens


async def _same(nodes: ChartNodes) -> bool:
    """Tell whether every node has the same of each stream."""
    first, *others = [await nodes.stored(number) for number in range(3)]
    return all(one == first for one in others)
