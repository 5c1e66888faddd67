"""What befalls NATS in three: each fault returns for how many seconds no quorum could accept anything.

What then stands still or does not run goes on when the nodes are made whole.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

from contracts.streams import BUCKETS, STREAMS
from runtime.clock import SystemClock
from tests.faults.chart_nats import ChartNodes

CLOCK = SystemClock()
NUMBERS = (0, 1, 2)
Fault = Callable[[ChartNodes, random.Random], Awaitable[float]]


async def _led(nodes: ChartNodes, chance: random.Random) -> int:
    """Return the node that leads one of the streams."""
    names = [*(one.name for one in STREAMS), *(one.stream for one in BUCKETS)]
    return await nodes.leader(chance.choice(names))


async def leader_killed(nodes: ChartNodes, chance: random.Random) -> float:
    """The node that leads a stream is gone at once, and comes back after a while."""
    number = await _led(nodes, chance)
    await nodes.kill(number)
    await CLOCK.sleep(chance.uniform(1, 12))
    await nodes.start(number)
    return 0.0


async def leader_frozen(nodes: ChartNodes, chance: random.Random) -> float:
    """The node that leads a stream stands still, keeps its connections and takes new ones, and wakes."""
    number = await _led(nodes, chance)
    nodes.freeze(number)
    try:
        await CLOCK.sleep(chance.uniform(3, 20))
    finally:
        nodes.wake(number)
    return 0.0


async def quorum_lost(nodes: ChartNodes, chance: random.Random) -> float:
    """Two nodes are gone at once; nothing can be accepted until one is back."""
    lost, started = chance.sample(NUMBERS, 2), CLOCK.monotonic()
    for number in lost:
        await nodes.kill(number)
    await CLOCK.sleep(chance.uniform(2, 15))
    await nodes.start(lost[0])
    await nodes.started(lost[0])
    away = CLOCK.monotonic() - started
    await CLOCK.sleep(chance.uniform(0, 5))
    await nodes.start(lost[1])
    return away


async def all_killed(nodes: ChartNodes, chance: random.Random) -> float:
    """All nodes are gone at once, as when a whole cluster goes down, and come back at once."""
    started = CLOCK.monotonic()
    for number in NUMBERS:
        await nodes.kill(number)
    await CLOCK.sleep(chance.uniform(0, 5))
    for number in NUMBERS:
        await nodes.start(number)
    await asyncio.gather(*map(nodes.started, NUMBERS))
    return CLOCK.monotonic() - started


async def disk_lost(nodes: ChartNodes, chance: random.Random) -> float:
    """A node is gone with its disk, and comes back with an empty one."""
    number = await _led(nodes, chance)
    await nodes.kill(number)
    await CLOCK.sleep(chance.uniform(0, 5))
    nodes.wipe(number)
    await nodes.start(number)
    await nodes.whole()
    # Each node has what the others have, or it did not catch up: what comes meanwhile is on its way.
    first, *others = [set((await nodes.stored(one)).keys()) for one in NUMBERS]
    assert [first, first] == others
    return 0.0


async def rolled(nodes: ChartNodes, chance: random.Random) -> float:
    """Each node ends in good order and starts again, one when the one before it has everything."""
    for number in chance.sample(NUMBERS, 3):
        await nodes.restart(number)
    return 0.0


FAULTS: Mapping[str, Fault] = {
    "a leader is killed": leader_killed,
    "a leader is frozen and wakes": leader_frozen,
    "the quorum is lost and comes back": quorum_lost,
    "all nodes are killed": all_killed,
    "a node loses its disk": disk_lost,
    "the nodes are restarted one by one": rolled,
}
