"""Random faults while a month is played: the books balance, whatever happened."""

import asyncio
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.up.command import Sample
from tests.faults.autopsy import examined
from tests.faults.evidence import collect, findings
from tests.faults.fleet import fleet
from tests.faults.harness import prepared
from tests.faults.storm import Storm, watched
from tests.faults.surroundings import KINDS, surroundings, wrong_clocks

SECONDS = float(os.environ.get("DOCWATCH_FAULTS_SECONDS", "45"))
SEED = os.environ.get("DOCWATCH_FAULTS_SEED")
KEEP = os.environ.get("DOCWATCH_FAULTS_KEEP")
"""A directory for what a failed round leaves to look at, each in a folder named by its seed."""
ROUND_SECONDS = 60.0
"""The length of a round: then everything is healed and the books are read."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS * 6 + 300)]


def rounds() -> list[tuple[int, float]]:
    """Return a seed and a length for each round."""
    count = max(1, round(SECONDS / ROUND_SECONDS))
    seeds = random.SystemRandom()
    return [(int(SEED) + n if SEED else seeds.randrange(10**6), SECONDS / count) for n in range(count)]


async def test_the_books_balance_after_random_faults(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is lost, copied beyond the promise or told to the wrong person; loops turn all the while."""
    for seed, seconds in rounds():
        again = f"repeat with DOCWATCH_FAULTS_SEED={seed} DOCWATCH_FAULTS_SECONDS={seconds:g}"
        sys.stderr.write(f"\n{again}\n")
        record_property("seed", seed)
        told = [again]
        try:
            with monkeypatch.context() as patch:
                await _round(seed, seconds, patch, told)
        finally:
            sys.stdout.write("\n".join([*told, ""]))


async def _round(seed: int, seconds: float, patch: pytest.MonkeyPatch, told: list[str]) -> None:
    """Let a storm rage over an installation and check what is left; `told` gets the history all the while."""
    chance = random.Random(seed)  # noqa: S311 - a storm that can be repeated
    kind, offsets = chance.choice(KINDS), wrong_clocks(chance)
    told.append(f"servers: {kind}; wrong clocks: {offsets}")
    sample = Sample(seed=seed, applications=80, citizens=60)
    with prepared(patch) as home:
        async with (
            surroundings(kind, home, patch, chance) as more,
            fleet(sample, offsets=offsets, history=told) as ships,
        ):
            storm = Storm(ships, chance, more)
            async with examined(ships.harness, None if KEEP is None else Path(KEEP, str(seed))):
                async with watched(storm) as watch, asyncio.TaskGroup() as both:
                    assert ships.harness.running.player is not None
                    both.create_task(ships.harness.running.player.play(seconds))
                    both.create_task(storm.rage(seconds))
                books = await ships.harness.books()
                evidence = await collect(ships.harness)
                told.append(f"{books.effects} {books.ends} {watch.answers} answers")
                assert books.problems() == []
                assert findings(evidence) == []
                assert watch.late == []
                assert watch.answers > 0
