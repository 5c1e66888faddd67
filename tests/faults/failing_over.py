"""What befalls a PostgreSQL that fails over: each fault returns when clients can be served again.

What then stands still goes on when the cluster is made whole.

The old primary is watched by a rival, a client of its own that goes on writing to that node alone: whatever
it is told to be committed after somebody else was elected breaks the promise.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncpg

from runtime.clock import SystemClock
from tests.faults.patroni import TTL_SECONDS, HighlyAvailable

CLOCK = SystemClock()
COMMAND_SECONDS = 10.0
"""After so long the services give a command up, and with it a commit that waits for a standby."""
GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
RIVAL = "CREATE TABLE IF NOT EXISTS public.rival (number bigint PRIMARY KEY)"
Fault = Callable[[HighlyAvailable, random.Random], Awaitable[None]]


@dataclass
class Rival:
    """A client that writes one number after the other; `told` are those that it was told to be kept."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    number: int = 0
    told: list[int] = field(default_factory=list)

    async def write(self) -> None:
        """Write until the node lets go of its client."""
        while True:
            self.number += 1
            await self.connection.execute("INSERT INTO public.rival VALUES ($1)", self.number)
            self.told.append(self.number)


@asynccontextmanager
async def _rival(cluster: HighlyAvailable, node: int) -> AsyncIterator[Rival]:
    connection = await asyncpg.connect(cluster.url_of(node), timeout=5)
    try:
        await connection.execute(RIVAL)
        await connection.execute("TRUNCATE public.rival")
        yield Rival(connection)
    finally:
        connection.terminate()


async def kept(cluster: HighlyAvailable) -> set[int]:
    """Return the rival's numbers that the primary of now has."""
    leader = await cluster.leader()
    connection = await asyncpg.connect(cluster.url_of(leader), timeout=5)
    try:
        return {row["number"] for row in await connection.fetch("SELECT number FROM public.rival")}
    finally:
        await connection.close()


async def killed(cluster: HighlyAvailable, _chance: random.Random) -> None:
    """The primary is gone at once, all of it; it comes back as a standby."""
    old = await cluster.leader()
    async with _rival(cluster, old) as rival:
        writing = asyncio.create_task(rival.write())
        await CLOCK.sleep(0.5)
        await cluster.nodes[old].kill()
        with suppress(*GONE):
            await writing
    await cluster.leader(other_than=old)
    await cluster.nodes[old].start()
    assert set(rival.told) <= await kept(cluster)


async def frozen(cluster: HighlyAvailable, chance: random.Random) -> None:
    """The primary stands still until another was elected, and wakes to find itself the old one."""
    old = await cluster.leader()
    async with _rival(cluster, old) as rival:
        writing = asyncio.create_task(rival.write())
        await CLOCK.sleep(0.5)
        cluster.nodes[old].signal(signal.SIGSTOP)
        before = len(rival.told)
        try:
            await cluster.leader(other_than=old)
            await CLOCK.sleep(chance.uniform(0, 3))
        finally:
            cluster.nodes[old].signal(signal.SIGCONT)
        with suppress(*GONE):
            await writing
    # What was told just before may have been on its way.
    assert len(rival.told) <= before + 1
    assert set(rival.told) <= await kept(cluster)


async def stays_frozen(cluster: HighlyAvailable, _chance: random.Random) -> None:
    """The primary stands still, and goes on to do so: its address takes connections and never answers."""
    old = await cluster.leader()
    cluster.nodes[old].signal(signal.SIGSTOP)
    await cluster.leader(other_than=old)


async def standby_cut_off(cluster: HighlyAvailable, chance: random.Random) -> None:
    """The standby that commits wait for is silent; another takes its place."""
    await cluster.leader()
    node = cluster.nodes[await cluster.synchronous()]
    node.signal(signal.SIGSTOP)
    try:
        await CLOCK.sleep(chance.uniform(6, 20))
    finally:
        node.signal(signal.SIGCONT)


async def all_standbys_cut_off(cluster: HighlyAvailable, chance: random.Random) -> None:
    """No commit is answered for longer than the services wait; then the standbys are back."""
    front = cluster.nodes[await cluster.leader()].front
    assert front is not None
    front.silent()
    try:
        await CLOCK.sleep(COMMAND_SECONDS + chance.uniform(2, 8))
    finally:
        front.heal()
        front.cut()


async def cut_off_and_killed(cluster: HighlyAvailable, chance: random.Random) -> None:
    """No commit is answered for longer than the services wait; then the primary dies with all of them."""
    old = await cluster.leader()
    node = cluster.nodes[old]
    assert node.front is not None
    node.front.silent()
    try:
        await CLOCK.sleep(COMMAND_SECONDS + chance.uniform(2, 8))
        await node.kill()
    finally:
        node.front.heal()
        node.front.cut()
    await cluster.leader(other_than=old)
    await node.start()


async def etcd_away(cluster: HighlyAvailable, chance: random.Random) -> None:
    """Nobody can tell who leads, so the primary steps down; it is elected again."""
    await cluster.leader()
    await cluster.stop_etcd()
    try:
        await CLOCK.sleep(TTL_SECONDS + chance.uniform(0, 10))
    finally:
        await cluster.start_etcd()
    await cluster.leader()


FAULTS: Mapping[str, Fault] = {
    "the primary is killed": killed,
    "the primary is frozen and wakes": frozen,
    "the primary stays frozen": stays_frozen,
    "the synchronous standby is cut off": standby_cut_off,
    "all standbys are cut off": all_standbys_cut_off,
    "all standbys are cut off and the primary is killed": cut_off_and_killed,
    "etcd is away": etcd_away,
}
