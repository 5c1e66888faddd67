"""Faults at exact points of one event's way, each with what must be seen from outside meanwhile.

Every scenario raises AssertionError or TimeoutError where the promise does not hold, and heals what it broke.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import aiohttp
import nats

from contracts.streams import CONSUMERS
from runtime.clock import SystemClock
from tests.faults.desk import Desk
from tests.faults.fleet import Fleet
from tests.faults.looking import alive, cpu, metric, ready
from tests.faults.proxy import Trap
from tests.waiting import until

Scenario = Callable[[Fleet, Desk], Awaitable[None]]
CLOCK = SystemClock()
STOP_SECONDS = 15.0
START_SECONDS = 30.0
"""What a program may take to be ready again on a machine that is busy with all of this."""
FLAT = 0.25
"""The most of one core that a service may use while it waits for a server that is away."""


@contextmanager
def _trapped(
    ships: Fleet, service: str, scheme: str, marker: bytes, *, arrives: bool, times: int = 1
) -> Iterator[list[Trap]]:
    """Set a trap on each line from a service's processes to a server for the length of the block."""
    lines = [
        line
        for name, line in ships.lines.items()
        if name.startswith(f"{service}-") and name.endswith(f" to {scheme}")
    ]
    try:
        yield [line.trap(marker, arrives=arrives, times=times) for line in lines]
    finally:
        for line in lines:
            line.trap(b"", arrives=False, times=0)


@dataclass(frozen=True)
class Loss:
    """Exactly one message on a service's line to a server is lost, or the answer to it where it arrives."""

    service: str
    scheme: str
    marker: bytes
    arrives: bool

    async def __call__(self, ships: Fleet, desk: Desk) -> None:
        """Spring the trap; the citizen is told all the same."""
        with _trapped(ships, self.service, self.scheme, self.marker, arrives=self.arrives) as traps:
            await desk.tell()

            async def sprung() -> bool:
                # What is written after a phone shows the message may be on its way yet.
                return any(trap.sprung for trap in traps)

            await until(sprung)


async def _unanswered_redeem(ships: Fleet, desk: Desk) -> None:
    """Who says yes while no commit of the tracker is answered follows all the same, and once."""
    citizen = await desk.newcomer()

    async def owned_up() -> bool:
        # The first message is the question.
        return len(await desk.said(citizen)) > 1

    with _trapped(ships, "tracker", "postgresql", b"COMMIT", arrives=True, times=1000):
        following = asyncio.create_task(desk.follow(citizen))
        await until(owned_up)
    await following
    await desk.tell()


async def _sigterm(service: str, ships: Fleet, desk: Desk) -> None:
    """SIGTERM under load ends a process in good order and time; nothing stays leased to it."""
    program = ships.harness.running.supervisor.programs[f"{service}-1"]
    before, process = program.restarts, program.process
    assert process is not None
    ships.harness.signal(f"{service}-1", signal.SIGTERM)
    code = await asyncio.wait_for(process.wait(), STOP_SECONDS)
    assert code == 0, f"{service} ended with {code}"
    await desk.tell()

    async def back() -> bool:
        return program.restarts > before and await ready(ships.processes[f"{service}-1"])

    await until(back, within=START_SECONDS)


@asynccontextmanager
async def _down(ships: Fleet, scheme: str, *, silent: bool) -> AsyncIterator[None]:
    """Cut every service off from a server for the length of the block."""
    names = [name for name in ships.lines if name.endswith(f" to {scheme}")]
    for name in names:
        if silent:
            ships.lines[name].silent()
        else:
            ships.lines[name].refuse()
    try:
        yield
    finally:
        for name in names:
            ships.lines[name].heal()


async def _without_nats(ships: Fleet, desk: Desk) -> None:
    """While NATS is away ingest answers 503, every loop turns and nobody burns CPU."""
    pids = _pids(ships)
    event = desk.event()
    async with _down(ships, "nats", silent=False):
        await until(partial(_answers, desk, event, 503))
        before = {name: cpu(pid) for name, pid in pids.items()}
        started = CLOCK.monotonic()
        while CLOCK.monotonic() - started < 5:
            await _alive(ships)
            await CLOCK.sleep(0.5)
        took = CLOCK.monotonic() - started
        used = {name: (cpu(pid) - before[name]) / took for name, pid in pids.items()}
    assert max(used.values()) < FLAT, used
    await desk.tell()


async def _stopped_nats(ships: Fleet, desk: Desk) -> None:
    """A NATS that hangs means 503, never a false 202; the identical request later counts once."""
    pid = ships.harness.running.servers.embedded["nats"].pid
    event = desk.event()
    os.kill(pid, signal.SIGSTOP)
    try:
        status = await desk.once(event)
        await _alive(ships)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert status == 503
    await desk.tell()


async def _silent_database(ships: Fleet, desk: Desk) -> None:
    """A database that vanished without a word is noticed by time-outs; what waited is told afterwards."""
    async with _down(ships, "postgresql", silent=True):
        await CLOCK.sleep(4)
        await _alive(ships)
    await desk.tell()


async def _deleted_consumer(ships: Fleet, desk: Desk) -> None:
    """A consumer that is gone is told to operators within 30 s, costs no CPU, and provisioning mends it."""
    running = ships.harness.running
    client = await nats.connect(running.servers.nats["provision"])
    consumer = next(one for one in CONSUMERS if one.stream == "STAGES")
    try:
        await client.jetstream().delete_consumer(consumer.stream, consumer.durable)
    finally:
        await client.close()
    await until(partial(_refuses_nats, ships, "tracker-1"), within=30)
    pid = _pids(ships)["tracker-1"]
    before, started = cpu(pid), CLOCK.monotonic()
    await CLOCK.sleep(2)
    used = (cpu(pid) - before) / (CLOCK.monotonic() - started)
    await running.servers.provision()
    assert used < FLAT, used
    await desk.tell()


async def _answers(desk: Desk, event: Mapping[str, object], status: int) -> bool:
    return await desk.once(event) == status


async def _refuses_nats(ships: Fleet, process: str) -> bool:
    """Tell whether a process says that it cannot work with NATS."""
    found = await metric(ships.processes[process], "docwatch_dependency_up", dependency="nats")
    return found == 0.0


async def _alive(ships: Fleet) -> None:
    for url in ships.processes.values():
        await alive(url)


def _pids(ships: Fleet) -> dict[str, int]:
    programs = ships.harness.running.supervisor.programs
    return {name: pid for name in ships.processes if (pid := programs[name].pid) is not None}


SCENARIOS: Mapping[str, Scenario] = {
    "1 ingest's publish is lost": Loss("ingest", "nats", b"docwatch.stage.v1", arrives=False),
    "2 the acknowledgement to ingest is lost": Loss("ingest", "nats", b"docwatch.stage.v1", arrives=True),
    "3 the tracker's commit is lost": Loss("tracker", "postgresql", b"COMMIT", arrives=False),
    "4, 26 the answer to the tracker's commit is lost": Loss(
        "tracker", "postgresql", b"COMMIT", arrives=True
    ),
    "26 the answer to a redeem's commit is lost for good": _unanswered_redeem,
    "5 the acknowledgement to the relay is lost": Loss(
        "tracker", "nats", b"docwatch.notice.v1", arrives=True
    ),
    "6 the call to the messenger is lost": Loss("notifier", "telegram", b"/SendMessage", arrives=False),
    "7 the messenger's answer is lost": Loss("notifier", "telegram", b"/SendMessage", arrives=True),
    "8 the record of the messenger's answer is lost": Loss(
        "notifier", "postgresql", b"accepted", arrives=False
    ),
    "9 SIGTERM to ingest": partial(_sigterm, "ingest"),
    "9 SIGTERM to the tracker": partial(_sigterm, "tracker"),
    "9 SIGTERM to the notifier": partial(_sigterm, "notifier"),
    "12 NATS is away": _without_nats,
    "13 NATS hangs": _stopped_nats,
    "19 a consumer is deleted": _deleted_consumer,
    "23 the database is gone without a word": _silent_database,
}


async def play(ships: Fleet, desk: Desk, names: Iterable[str]) -> dict[str, str]:
    """Run scenarios one after the other; return what went wrong in each, nothing for those that held."""
    found = {}
    for name in names:
        started = CLOCK.monotonic()
        try:
            await SCENARIOS[name](ships, desk)
        except (AssertionError, TimeoutError, OSError, aiohttp.ClientError) as error:
            found[name] = f"{type(error).__name__}: {error}"
        ships.harness.history.append(f"{name}: {CLOCK.monotonic() - started:.1f} s {found.get(name, 'held')}")
    return found
