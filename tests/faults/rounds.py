"""Rounds of random faults: a month is played in a storm, then everything is healed and the books are read."""

import asyncio
import os
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cli.up.command import Sample
from tests.faults.autopsy import examined
from tests.faults.evidence import collect, findings
from tests.faults.fleet import fleet
from tests.faults.harness import prepared
from tests.faults.storm import Storm, watched
from tests.faults.surroundings import surroundings, wrong_clocks

SEED = os.environ.get("DOCWATCH_FAULTS_SEED")
KEEP = os.environ.get("DOCWATCH_FAULTS_KEEP")
"""A directory for what a failed round leaves to look at, each in a folder named by its seed."""


def seconds_of(default: float) -> float:
    """Return for how long faults are to happen, as the environment says."""
    return float(os.environ.get("DOCWATCH_FAULTS_SECONDS", default))


async def play_rounds(
    kinds: Sequence[str],
    seconds: float,
    length: float,
    patch: pytest.MonkeyPatch,
    record: Callable[[str, object], None],
    *,
    at_once: int = 2,
) -> None:
    """Play rounds of about `length` seconds, each on one of the kinds of servers; their seeds are told."""
    for seed, each in _rounds(seconds, length):
        again = f"repeat with DOCWATCH_FAULTS_SEED={seed} DOCWATCH_FAULTS_SECONDS={each:g}"
        sys.stderr.write(f"\n{again}\n")
        record("seed", seed)
        told = [again]
        try:
            with patch.context() as here:
                await _round(kinds, seed, each, here, told, at_once)
        finally:
            sys.stdout.write("\n".join([*told, ""]))


def _rounds(seconds: float, length: float) -> list[tuple[int, float]]:
    """Return a seed and a length for each round."""
    count = max(1, round(seconds / length))
    seeds = random.SystemRandom()
    return [(int(SEED) + n if SEED else seeds.randrange(10**6), seconds / count) for n in range(count)]


async def _round(  # noqa: PLR0917 - a round is told all of it
    kinds: Sequence[str], seed: int, seconds: float, patch: pytest.MonkeyPatch, told: list[str], at_once: int
) -> None:
    """Let a storm rage over an installation and check what is left; `told` gets the history all the while."""
    chance = random.Random(seed)  # noqa: S311 - a storm that can be repeated
    kind, offsets = chance.choice(kinds), wrong_clocks(chance)
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
                    both.create_task(storm.rage(seconds, at_once))
                books = await ships.harness.books()
                evidence = await collect(ships.harness)
                told.append(f"{books.effects} {books.ends} {watch.answers} answers")
                assert books.problems() == []
                assert findings(evidence) == []
                assert watch.late == []
                assert watch.answers > 0
