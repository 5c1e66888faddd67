"""Faults at random, each healed after a while, and a watch that asks every process whether it is alive."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from runtime.clock import SystemClock
from tests.faults.fleet import Fleet
from tests.faults.looking import waited_for_a_core
from tests.faults.surroundings import Faults

CLOCK = SystemClock()
HEALTH_SECONDS = 1.0
PATIENCE_SECONDS = 10.0
LONGEST_SECONDS = 6.0
"""Longer than what the services wait for an answer, so that time-outs happen too."""


@dataclass
class Storm:
    """Injects faults of every kind into a fleet, in an order that the seed repeats; `more` may happen too."""

    fleet: Fleet
    chance: random.Random
    more: Faults = field(default_factory=dict)
    stopped: set[int] = field(default_factory=set)
    resumed: dict[int, float] = field(default_factory=dict)

    async def rage(self, seconds: float, at_once: int = 2) -> None:
        """Inject one fault after the other, some at a time, and heal the last."""
        until = CLOCK.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._one_after_the_other(until))

    async def _one_after_the_other(self, until: float) -> None:
        while CLOCK.monotonic() < until:
            fault = self.chance.choice(list(self._faults().items()))
            await self._inject(*fault)
            await CLOCK.sleep(self.chance.uniform(0.0, 1.5))

    def _faults(self) -> Mapping[str, Callable[[str, float], Awaitable[None]]]:
        found = {
            "kill a process": self._kill,
            "stop a process": self._stop,
            "cut a line": self._cut,
            "silence a line": self._silence,
            "slow a line": self._slow,
            "refuse on a line": self._refuse,
            **dict.fromkeys(self.more, self._other),
        }
        embedded = self.fleet.harness.running.servers.embedded
        ours = {"kill a server": self._kill_server} if embedded else {}
        return {**found, **ours, **({"stop nats": self._stop_nats} if "nats" in embedded else {})}

    async def _inject(self, kind: str, fault: Callable[[str, float], Awaitable[None]]) -> None:
        if "process" in kind:
            where = self.chance.choice(list(self.fleet.processes))
        elif "line" in kind:
            where = self.chance.choice(list(self.fleet.lines))
        elif "server" in kind:
            where = self.chance.choice(list(self.fleet.harness.running.servers.embedded))
        else:
            where = "nats" if kind == "stop nats" else kind
        seconds = self.chance.uniform(0.1, LONGEST_SECONDS)
        self.fleet.harness.history.append(kind if kind == where else f"{kind}: {where}, {seconds:.1f} s")
        await fault(where, seconds)

    async def _other(self, kind: str, seconds: float) -> None:
        await self.more[kind](seconds)

    async def _kill(self, process: str, _seconds: float) -> None:
        pid = self.fleet.harness.running.supervisor.programs[process].pid
        if pid is not None and pid not in self.stopped:
            _signal(pid, signal.SIGKILL)

    async def _stop(self, process: str, seconds: float) -> None:
        await self._pause(self.fleet.harness.running.supervisor.programs[process].pid, seconds)

    async def _kill_server(self, name: str, _seconds: float) -> None:
        server = self.fleet.harness.running.servers.embedded[name]
        if server.running and server.pid not in self.stopped:
            _signal(server.pid, signal.SIGKILL)

    async def _stop_nats(self, name: str, seconds: float) -> None:
        server = self.fleet.harness.running.servers.embedded[name]
        await self._pause(server.pid if server.running else None, seconds)

    async def _pause(self, pid: int | None, seconds: float) -> None:
        if pid is None or pid in self.stopped:
            return
        self.stopped.add(pid)
        _signal(pid, signal.SIGSTOP)
        try:
            await CLOCK.sleep(seconds)
        finally:
            _signal(pid, signal.SIGCONT)
            self.stopped.discard(pid)
            self.resumed[pid] = CLOCK.monotonic()

    async def _cut(self, line: str, _seconds: float) -> None:
        self.fleet.lines[line].cut()

    async def _silence(self, line: str, seconds: float) -> None:
        self.fleet.lines[line].silent()
        await self._then_heal(line, seconds)

    async def _slow(self, line: str, seconds: float) -> None:
        self.fleet.lines[line].slow(0.2)
        await self._then_heal(line, seconds)

    async def _refuse(self, line: str, seconds: float) -> None:
        self.fleet.lines[line].refuse()
        await self._then_heal(line, seconds)

    async def _then_heal(self, line: str, seconds: float) -> None:
        try:
            await CLOCK.sleep(seconds)
        finally:
            self.fleet.lines[line].heal()


def _signal(pid: int, number: signal.Signals) -> None:
    """Send a signal, unless another fault was faster and nobody has noticed yet."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclass
class Watch:
    """How long the processes took to say that they are alive; what was stopped or dead is not asked.

    Time in which a busy machine gave the process, or whoever asks, no core is nobody's fault.
    """

    answers: int = 0
    late: list[str] = field(default_factory=list)


@asynccontextmanager
async def watched(storm: Storm) -> AsyncIterator[Watch]:
    """Ask every process all the while whether its loop turns."""
    watch = Watch()
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as client, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(client, storm, name, f"{url}/healthz", watch))
            for name, url in storm.fleet.processes.items()
        ]
        try:
            yield watch
        finally:
            for task in tasks:
                task.cancel()


async def _ask(client: aiohttp.ClientSession, storm: Storm, name: str, url: str, watch: Watch) -> None:
    program = storm.fleet.harness.running.supervisor.programs[name]
    while True:
        pid, started = program.pid or 0, CLOCK.monotonic()
        before = _waited(pid)
        try:
            async with client.get(url) as answer:
                watch.answers += answer.ok
        except (aiohttp.ClientError, TimeoutError):
            pass  # it was killed, or starts
        took, after = CLOCK.monotonic() - started, _waited(pid)
        left_alone = pid not in storm.stopped and storm.resumed.get(pid, 0.0) < started
        if before is not None and after is not None and left_alone and took - after + before > HEALTH_SECONDS:
            watch.late.append(f"{name} took {took:.1f} s, {after - before:.1f} s of them without a core")
        await CLOCK.sleep(0.2)


def _waited(pid: int) -> float | None:
    """Return for how long neither a process nor whoever asks it got a core; None where it is gone."""
    theirs, ours = waited_for_a_core(pid), waited_for_a_core(os.getpid())
    return None if theirs is None or ours is None else theirs + ours
