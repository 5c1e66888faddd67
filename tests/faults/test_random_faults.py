"""Random faults while a month is played: the books balance, whatever happened."""

import asyncio
import os
import random
import sys

import pytest

from cli.up import Sample
from tests.faults.evidence import collect, findings
from tests.faults.fleet import fleet
from tests.faults.harness import prepared
from tests.faults.storm import Storm, watched

SECONDS = float(os.environ.get("DOCWATCH_FAULTS_SECONDS", "30"))
SEED = os.environ.get("DOCWATCH_FAULTS_SEED")
ROUND_SECONDS = 60.0
"""The length of a round: then everything is healed and the books are read."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS * 6 + 300)]


def rounds() -> list[tuple[int, float]]:
    """Return a seed and a length for each round."""
    count = max(1, round(SECONDS / ROUND_SECONDS))
    seeds = random.SystemRandom()
    return [(int(SEED) + n if SEED else seeds.randrange(10**6), SECONDS / count) for n in range(count)]


async def test_the_books_balance_after_random_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost, copied beyond the promise or told to the wrong person; loops turn all the while."""
    for seed, seconds in rounds():
        again = f"repeat with DOCWATCH_FAULTS_SEED={seed} DOCWATCH_FAULTS_SECONDS={seconds:g}"
        sys.stderr.write(f"\n{again}\n")
        with prepared(monkeypatch):
            async with fleet(Sample(seed=seed, applications=80, citizens=60)) as ships:
                storm = Storm(ships, random.Random(seed))  # noqa: S311 - a storm that can be repeated
                async with watched(storm) as watch, asyncio.TaskGroup() as both:
                    assert ships.harness.running.player is not None
                    both.create_task(ships.harness.running.player.play(seconds))
                    both.create_task(storm.rage(seconds))
                books = await ships.harness.books()
                evidence = await collect(ships.harness)

        told = "\n".join([again, *ships.harness.history])
        sys.stdout.write(f"{told}\n{books.effects} {books.ends} {watch.answers} answers\n")
        assert books.problems() == [], told
        assert findings(evidence) == [], told
        assert watch.late == [], told
        assert watch.answers > 0
