"""A cluster of three nodes: one may be lost, and without a quorum nothing is falsely accepted."""

import asyncio
from pathlib import Path

import httpx
import nats
import nats.errors
import nats.js.errors
import pytest

from cli.installation.provisioning import provision_streams
from contracts.streams import STAGES
from tests.faults.cluster import Cluster, cluster
from tests.integration.ingest.conftest import Bench, bench, event, pool, stored
from tests.waiting import until

__all__ = ["bench", "pool"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
ONE = {"Content-Type": "application/cloudevents+json"}


async def provisioned(nodes: Cluster) -> bool:
    """Make the streams with three replicas once the nodes have found each other."""
    try:
        await provision_streams(nodes.url, replicas=3)
    except (TimeoutError, OSError, nats.errors.Error, nats.js.errors.Error):
        return False
    return True


class Poster:
    """Sends events one after the other and remembers which were accepted."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._number = 0
        self.accepted: set[str] = set()
        self.refused = 0

    async def post(self) -> bool:
        """Send the next event once; tell whether it was accepted."""
        self._number += 1
        answer = await self._client.post("/v1/events", json=event(f"e-{self._number}"), headers=ONE)
        assert answer.status_code in {202, 503}, answer.text
        if answer.status_code == 202:
            self.accepted.add(f"e-{self._number}")
            return True
        self.refused += 1
        return False


async def test_one_node_may_be_lost_and_no_quorum_means_503(bench: Bench, tmp_path: Path) -> None:
    """Every 202 is in the stream once, whichever nodes died; without a quorum there is none."""
    async with cluster(tmp_path) as nodes:
        await until(lambda: provisioned(nodes), within=60, every=0.5)
        await provision_streams(nodes.url)
        async with bench.open(nodes.url, publish_wait=1) as client:
            poster = Poster(client)
            for _ in range(20):
                assert await poster.post()
            first = await nodes.leader(STAGES.name)
            await nodes.kill(first)
            await until(poster.post, within=60)
            second = await nodes.leader(STAGES.name)
            await nodes.kill(second)
            without_quorum = [await poster.post() for _ in range(3)]
            await nodes.start(second)
            await until(poster.post, within=60)
        found = await _identities(nodes)

    assert [False] * 3 == without_quorum
    assert poster.accepted <= set(found)
    assert len(found) == len(set(found))


async def _identities(nodes: Cluster) -> list[str]:
    client = await nats.connect(nodes.url.split(","))
    try:
        async with asyncio.timeout(30):
            bodies = await stored(client)
    finally:
        await client.close()
    return [body.decode().partition('"event_id":"')[2].partition('"')[0] for body in bodies]
