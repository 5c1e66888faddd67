"""The listed faults one by one, in one installation: each is withstood, and in the end the books balance."""

import asyncio
import os
import sys
from dataclasses import replace

import pytest

from cli.up.command import Sample
from tests.faults.desk import desk
from tests.faults.evidence import collect, findings
from tests.faults.fleet import fleet
from tests.faults.harness import prepared
from tests.faults.scenarios import SCENARIOS, play

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
ONLY = os.environ.get("DOCWATCH_FAULTS_ONLY", "")


async def test_each_listed_fault_is_withstood(monkeypatch: pytest.MonkeyPatch) -> None:
    """A citizen is told in spite of each fault, and nothing is lost or copied beyond the promise."""
    names = [name for name in SCENARIOS if ONLY in name]
    with prepared(monkeypatch):
        async with fleet(Sample(applications=30, citizens=20)) as ships, desk(ships) as counter:
            async with asyncio.TaskGroup() as both:
                both.create_task(ships.harness.play())
                faults = both.create_task(play(ships, counter, names))
            books = await ships.harness.books()
            evidence = await collect(ships.harness)
            sent = [*evidence.sent, *counter.sent]
            followers = evidence.followers | counter.followers

    told = "\n".join(ships.harness.history)
    sys.stdout.write(f"\n{told}\n")
    assert {} == faults.result(), told
    assert [] == books.problems(), told
    assert [] == findings(replace(evidence, sent=sent, followers=followers)), told
