"""What an installation stands on in a run of random faults, each kind with the faults that only it can have.

`one` NATS and one PostgreSQL that the installation brings itself; a `cluster` of three NATS nodes that keep
each message three times; NATS on a `small` disk, or on an ordinary one where a small one cannot be mounted;
or `highly available` servers: NATS as the chart has it and a PostgreSQL that fails over.
"""

import asyncio
import os
import random
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import nats.errors
import nats.js.errors
import pytest

from cli.installation.keeper import kept
from cli.installation.provisioning import provision_streams
from contracts.services import SERVICES
from runtime.clock import SystemClock
from runtime.embedded import EmbeddedNats, NatsUser
from tests.faults import failing_nodes, failing_over
from tests.faults.chart_nats import chart_nodes
from tests.faults.cluster import HOST, Cluster, cluster
from tests.faults.patroni import highly_available
from tests.faults.proxy import proxied
from tests.faults.small_disk import SmallDisk, small_disk
from tests.waiting import until

Faults = Mapping[str, Callable[[float], Awaitable[None]]]
HIGHLY_AVAILABLE = "highly available"
CLOCK = SystemClock()
KINDS = ("one", "cluster", "small")
MEGABYTES = 64
WRONG_SECONDS = 600.0
REFUSALS = (TimeoutError, OSError, nats.errors.Error, nats.js.errors.Error)


@asynccontextmanager
async def surroundings(
    kind: str, home: Path, patch: pytest.MonkeyPatch, chance: random.Random
) -> AsyncIterator[Faults]:
    """Start what the kind needs, tell it by the environment, and hand out its own faults by their names."""
    async with AsyncExitStack() as stack:
        if kind == "cluster":
            nodes = await stack.enter_async_context(cluster(home / "cluster"))
            front = await stack.enter_async_context(proxied(*nodes.addresses))
            url = f"nats://{HOST}:{front.address[1]}"
            await until(lambda: _provisioned(url), within=60, every=0.5)
            patch.setenv("DOCWATCH_NATS_URL", url)
            alone = asyncio.Lock()
            yield {
                "lose a node": partial(_lose, nodes, 1, chance, alone),
                "lose the quorum": partial(_lose, nodes, 2, chance, alone),
            }
        elif kind == HIGHLY_AVAILABLE:
            yield await _highly_available(stack, home, patch, chance)
        elif kind == "small":
            try:
                disk = stack.enter_context(small_disk(home / "small", MEGABYTES))
            except pytest.skip.Exception:
                yield {}
                return
            server = EmbeddedNats(disk.path, users=[NatsUser("all", secrets.token_hex(8))], store_limit="64G")
            await stack.enter_async_context(kept(server, CLOCK, lambda _: None))
            patch.setenv("DOCWATCH_NATS_URL", server.url("all"))
            yield {"fill the disk": partial(_fill, disk, server, asyncio.Lock())}
        else:
            yield {}


def wrong_clocks(chance: random.Random, replicas: int = 2) -> dict[str, float]:
    """Return by how much the clock of one process is wrong; every other time all are right."""
    names = [f"{service}-{number}" for service in SERVICES for number in range(1, replicas + 1)]
    return (
        {chance.choice(names): chance.choice([-WRONG_SECONDS, WRONG_SECONDS])}
        if chance.random() < 0.5
        else {}
    )


async def _highly_available(
    stack: AsyncExitStack, home: Path, patch: pytest.MonkeyPatch, chance: random.Random
) -> Faults:
    """Start both clusters; return what befalls them, one thing at a time each, made whole afterwards."""
    database = await stack.enter_async_context(highly_available(home))
    nodes = await stack.enter_async_context(chart_nodes(home / "nats"))
    nodes.tell_by(patch)
    patch.setenv("DOCWATCH_DATABASE_URL", database.url())
    of_nats, of_postgres = asyncio.Lock(), asyncio.Lock()

    async def befall_nats(fault: failing_nodes.Fault, _seconds: float) -> None:
        async with of_nats:
            await fault(nodes, chance)
            await nodes.whole()

    async def befall_postgres(fault: failing_over.Fault, _seconds: float) -> None:
        async with of_postgres:
            await fault(database, chance)
            await database.whole()

    return {
        **{f"NATS: {name}": partial(befall_nats, one) for name, one in failing_nodes.FAULTS.items()},
        **{f"PostgreSQL: {name}": partial(befall_postgres, one) for name, one in failing_over.FAULTS.items()},
    }


async def _provisioned(url: str) -> bool:
    try:
        await provision_streams(url, replicas=3)
    except REFUSALS:
        return False
    return True


async def _lose(
    nodes: Cluster, count: int, chance: random.Random, alone: asyncio.Lock, seconds: float
) -> None:
    """Kill so many nodes with -9 and start them again after a while."""
    async with alone:
        lost = chance.sample(range(len(nodes.addresses)), count)
        for number in lost:
            await nodes.kill(number)
        try:
            await CLOCK.sleep(seconds)
        finally:
            for number in lost:
                await nodes.start(number)


async def _fill(disk: SmallDisk, server: EmbeddedNats, alone: asyncio.Lock, seconds: float) -> None:
    """Fill the disk; make room after a while and do what an operator must do then."""
    async with alone:
        disk.fill()
        try:
            await CLOCK.sleep(seconds)
        finally:
            disk.make_room()
            if server.running:
                os.kill(server.pid, signal.SIGTERM)
