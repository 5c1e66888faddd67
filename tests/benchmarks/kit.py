"""What benchmarks share: servers of their own, services as processes, CPU by process, rounds in turns.

A benchmark measures the raw limit and our service in the same run, one after the other in every round, and
compares medians of the ratios: absolute figures of shared machines mean little.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

import sandbox.agency
from cli.installation.provisioning import provision_database, provision_streams
from contracts.services import SERVICES
from runtime.embedded import EmbeddedNats, EmbeddedPostgres, NatsUser, ports
from tests.conftest import PASSWORD, Databases
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path(sandbox.agency.__file__).parent / "catalogue"
ROUNDS = 5
START_SECONDS = 240.0
_TICK = os.sysconf("SC_CLK_TCK")
_SECRETS = {"PEPPER": "ab" * 32, "RECEIPT_KEY": "cd" * 32, "ENCRYPTION_KEYS": f"k1:{'ef' * 32}"}


@dataclass(frozen=True)
class Servers:
    """NATS and PostgreSQL with everything provisioned, and a directory for files."""

    nats: EmbeddedNats
    postgres: EmbeddedPostgres
    databases: Databases
    home: Path

    @property
    def nats_url(self) -> str:
        """An address with every right."""
        return self.nats.url("provision")

    def settings(self, service: str, **more: str) -> dict[str, str]:
        """Return what a service's process must be told, without the prefix of the names."""
        return {
            "NATS_URL": self.nats_url,
            "DATABASE_URL": self.databases.url(service),
            "CATALOGUE": str(CATALOGUE),
            **_SECRETS,
            **more,
        }


@asynccontextmanager
async def servers(*, sync_always: bool = False, **postgres: str) -> AsyncIterator[Servers]:
    """Run both servers, provisioned; `postgres` are settings of PostgreSQL, whose fsync stays on."""
    with _folder() as home:
        nats = EmbeddedNats(home / "nats", users=[NatsUser("provision", PASSWORD)], sync_always=sync_always)
        database = EmbeddedPostgres(home / "postgres", password=PASSWORD, settings=postgres)
        try:
            await asyncio.gather(nats.start(), database.start())
            await provision_streams(nats.url("provision"))
            await provision_database(database.url(), dict.fromkeys(SERVICES, PASSWORD))
            yield Servers(nats, database, Databases(database, "docwatch"), home)
        finally:
            await asyncio.gather(nats.stop(), database.stop())


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a directory that PostgreSQL's own account can enter, and remove it after the block."""
    home = Path(tempfile.mkdtemp(prefix="docwatch-bench-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def service(
    name: str, settings: Mapping[str, str], port: int, *arguments: str, log: Path | None = None
) -> AsyncIterator[int]:
    """Run `python -m services.NAME`, yield its pid once it is ready, and stop it as an operator would."""
    ops = ports.pick("127.0.0.1")
    told = {f"{name.upper()}_PORT": str(port), f"{name.upper()}_OPS_PORT": str(ops), **settings}
    given = {f"DOCWATCH_{key}": value for key, value in told.items()}
    url = f"http://127.0.0.1:{ops}/readyz"
    async with process(f"services.{name}", *arguments, settings=given, url=url, log=log) as pid:
        yield pid


@asynccontextmanager
async def process(
    module: str, *arguments: str, settings: Mapping[str, str], url: str, log: Path | None = None
) -> AsyncIterator[int]:
    """Run `python -m MODULE` while the block lasts; yield its pid once it answers at the address."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DOCWATCH_")}
    with (log or Path(os.devnull)).open("ab") as output:
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            env={**kept, **settings},
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        await _ready(running, url)
        yield running.pid
    finally:
        with suppress(ProcessLookupError):
            running.terminate()
        await running.wait()


async def _ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with aiohttp.ClientSession() as session:

        async def answers() -> bool:
            if process.returncode is not None:
                raise RuntimeError(f"a process ended with {process.returncode} before {url} answered")
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    return answer.ok
            return False

        await until(answers, within=START_SECONDS, every=0.05)


async def program(module: str, *arguments: str, **environment: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Run `python -m tests.benchmarks.MODULE` to its end and return the JSON that it prints."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.benchmarks.{module}", *arguments),
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    printed, _ = await running.communicate()
    if running.returncode:
        raise RuntimeError(f"{module} ended with {running.returncode}")
    return json.loads(printed)


def family(pid: int) -> list[int]:
    """Return a process and all below it, by Linux's /proc."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, that a process, those below it and its dead children used."""
    return sum(map(_used, family(pid)))


def _used(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICK


@dataclass(frozen=True)
class Sample:
    """One round of one side: so many events in so many seconds, and CPU seconds by part."""

    events: int
    seconds: float
    cpu: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    def cost(self, part: str) -> float:
        """Microseconds of CPU an event."""
        return self.cpu.get(part, 0.0) / self.events * 1e6


@dataclass(frozen=True)
class Timed:
    """What a load took: seconds, and the CPU seconds of parts that only it knows."""

    seconds: float
    cpu: Mapping[str, float] = field(default_factory=dict)


async def measured(work: Callable[[], Awaitable[Timed]], events: int, pids: Mapping[str, int]) -> Sample:
    """Run the work and add the CPU of processes that live through it, by the names of their parts."""
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    timed = await work()
    cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    return Sample(events, timed.seconds, {**cpu, **timed.cpu})


def p99(waits: Sequence[float]) -> float:
    """Return the 99th percentile of waits that are sorted."""
    return waits[int(len(waits) * 0.99)]


Side = Callable[[int], Awaitable[Sample]]
"""Measures once; the argument is the round's number, 0 being the one that warms up."""


async def in_turns(sides: Mapping[str, Side], rounds: int = ROUNDS) -> dict[str, list[Sample]]:
    """Measure all sides in each round, every other round the other way around, after one that warms up."""
    found: dict[str, list[Sample]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        names = list(sides) if number % 2 else list(reversed(list(sides)))
        for name in names:
            sample = await sides[name](number)
            if number:
                found[name].append(sample)
            sys.stderr.write(f"{number or 'warm'} {name}: {sample.rate:,.0f}/s\n")
    return found
