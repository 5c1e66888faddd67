"""The release before and today's code side by side, each service upgraded under load, there and back."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cli.up.command import Sample
from tests.corpus import releases
from tests.faults.evidence import collect, findings
from tests.faults.harness import Harness, prepared
from tests.faults.upgrade import Upgrade, upgrade

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(400)]
PACE_SECONDS = 300.0
"""The length of the whole month; what is left of it when the upgrade is done is played at once."""

FORWARD = ("ingest", "tracker", "notifier")
BACKWARD = ("notifier", "tracker", "ingest")


@asynccontextmanager
async def loaded(harness: Harness) -> AsyncIterator[None]:
    """Play the month for the length of the block, which must be over before the month is."""
    assert harness.running.player is not None
    playing = asyncio.create_task(harness.running.player.play(PACE_SECONDS))
    try:
        yield
        assert not playing.done(), playing
    finally:
        playing.cancel()
        await asyncio.wait({playing})


async def roll(running: Upgrade, order: Sequence[str]) -> None:
    """Provision anew, kill what is old, put today's processes in its place, then the old ones beside them."""
    await running.flows()
    await running.harness.running.servers.provision()
    await running.flows()
    for service in order:
        await running.harness.kill(f"{service}-old")
        await running.ready(service, "old")
    await running.flows()
    for service in order:
        await running.start(service, "new")
        await running.flows()
        await running.stop(service, "old")
        await running.flows()
    for service in order:
        await running.start(service, "old")
    await running.flows()
    for service in order:
        await running.stop(service, "new")
        await running.flows()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the release before."""
    return releases.tree(releases.before(), tmp_path_factory.mktemp("release"))


@pytest.mark.parametrize("order", [FORWARD, BACKWARD], ids=["ingest-first", "notifier-first"])
async def test_services_are_upgraded_under_load_and_back(
    monkeypatch: pytest.MonkeyPatch, old: Path, order: Sequence[str]
) -> None:
    """Whatever is upgraded first, each event counts once, each notice ends, and the phones are right."""
    with prepared(monkeypatch):
        async with upgrade(old, Sample(seed=7, applications=120, citizens=90)) as running:
            try:
                async with loaded(running.harness):
                    await roll(running, order)
                await running.harness.play()
                books = await running.harness.books()
                evidence = await collect(running.harness)
            finally:
                sys.stdout.write("\n".join(running.harness.history))

    assert books.problems() == []
    assert findings(evidence) == []


def test_the_release_runs_its_own_code(old: Path) -> None:
    """A process that is to be of the release before takes no module of today."""
    found = releases.run(
        old, ["-c", "import contracts, services; print(contracts.__file__, *services.__path__)"]
    )

    assert all(one.startswith(str(old)) for one in found.split())
