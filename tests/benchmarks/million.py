"""A long file through `docwatch publish`, killed twice on its way: each event once, memory does not grow.

`python -m tests.benchmarks.million --lines 1000000` starts an installation of its own, publishes, kills the
command with -9 at one and at two thirds, goes on each time, and prints what it saw.
"""

import argparse
import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import nats
import pytest

from cli.settings import local_settings
from cli.up.command import Installation, installation
from contracts.streams import STAGES
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from services.ingest.keys.api_keys import create_key
from tests.faults.harness import prepared

STAGES_OF_ONE = ("accepted", "verification", "printing", "shipped", "arrived")
HEADER = "event_id;application_number;document_type;stage;occurred_at\n"
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
LOOK_SECONDS = 0.5
MANY = 100_000
PROCESSES = ("publish", "ingest", "tracker")
TAKEN_IN = "SELECT count(*), count(DISTINCT (publisher, event_id)) FROM tracker.event"
MIB = 1024


@dataclass(frozen=True)
class Look:
    """One look at the processes: seconds since the start, the line reached, and resident memory in MiB."""

    seconds: float
    line: int
    memory: dict[str, float]


@dataclass
class Outcome:
    """What a run showed."""

    lines: int
    kills: int = 0
    looks: list[Look] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    published_seconds: float = 0.0
    taken_in_seconds: float = 0.0
    in_stream: int = 0
    in_tracker: int = 0
    distinct: int = 0

    def once(self) -> bool:
        """Tell whether stream and tracker hold each event exactly once."""
        return self.lines == self.in_stream == self.in_tracker == self.distinct

    def peak(self, process: str, first: float, last: float) -> float:
        """Return the most memory (MiB) of a process while the file was between two parts of its length."""
        within = [one for one in self.looks if first * self.lines <= one.line <= last * self.lines]
        return max((one.memory.get(process, 0.0) for one in within), default=0.0)


def write_export(path: Path, lines: int) -> None:
    """Write an export, five stages an application, in the order of time."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(lines):
            application, stage = divmod(number, len(STAGES_OF_ONE))
            at = (FIRST + timedelta(seconds=number)).isoformat()
            file.write(f"m-{number};{1_000_000_000 + application};id_card;{STAGES_OF_ONE[stage]};{at}\n")


async def run(home: Path, lines: int, *, batch: int = 1000) -> Outcome:
    """Publish so many lines with two kills, wait until the tracker has taken them in, and count."""
    export = home / "export.csv"
    await asyncio.to_thread(write_export, export, lines)
    clock, found = SystemClock(), Outcome(lines)
    async with installation(local_settings(), None, lambda _: None) as running:
        async with open_pool(running.servers.databases["ingest"], "ingest", size=2) as pool:
            _, key = await create_key(pool, "archive")
        started = clock.monotonic()
        options = ("--url", running.addresses.ingest, "--batch", str(batch), "--json")
        command = (sys.executable, "-m", "cli", "publish", str(export), *options)
        for share in (1 / 3, 2 / 3, None):
            process = await asyncio.create_subprocess_exec(
                *command, stdout=PIPE, stderr=PIPE, env={"DOCWATCH_API_KEY": key, "PATH": ""}
            )
            reading = asyncio.create_task(process.communicate())
            async for line in _looks(
                process, reading, export=export, running=running, started=started, found=found
            ):
                if share is not None and line >= share * lines:
                    process.kill()
                    found.kills += 1
                    break
            printed, complaint = await reading
            if share is None:
                assert process.returncode == 0, complaint.decode()
                found.report = json.loads(printed)
        found.published_seconds = clock.monotonic() - started
        await _until_taken_in(running, started, found)
    return found


async def _looks(
    process: Process,
    reading: asyncio.Task[Any],
    *,
    export: Path,
    running: Installation,
    started: float,
    found: Outcome,
) -> AsyncIterator[int]:
    """Look at the processes until the command ends; yield the line that it has reached."""
    clock = SystemClock()
    mark = export.with_name(f".{export.name}.progress")
    while not reading.done():
        line = _line(mark)
        pids = {name: running.supervisor.programs[name].pid for name in ("ingest", "tracker")}
        memory = {name: _resident(pid) for name, pid in {"publish": process.pid, **pids}.items() if pid}
        found.looks.append(Look(clock.monotonic() - started, line, memory))
        yield line
        await asyncio.wait({reading}, timeout=LOOK_SECONDS if found.lines > MANY else 0.02)


def _line(mark: Path) -> int:
    try:
        return int(json.loads(mark.read_text())["line"])
    except (OSError, ValueError):
        return 0


def _resident(pid: int) -> float:
    """Return a process's resident memory in MiB; 0 where it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    sizes = [row.split()[1] for row in status.splitlines() if row.startswith("VmRSS:")]
    return int(sizes[0]) / MIB if sizes else 0.0


async def _until_taken_in(running: Installation, started: float, found: Outcome) -> None:
    clock = SystemClock()
    client = await nats.connect(running.servers.nats["provision"])
    connection = await asyncpg.connect(running.servers.admin)
    try:
        found.in_stream = (await client.jetstream().stream_info(STAGES.name)).state.messages
        async with asyncio.timeout(60 + found.lines / 500):
            while await connection.fetchval("SELECT count(*) FROM tracker.event") < found.lines:
                await clock.sleep(LOOK_SECONDS)
        found.taken_in_seconds = clock.monotonic() - started
        (row,) = await connection.fetch(TAKEN_IN)
        found.in_tracker, found.distinct = row
    finally:
        await connection.close()
        await client.close()


def show(found: Outcome) -> None:
    """Print memory by tenths of the file, and the counts."""
    print(f"{'lines':>12} " + " ".join(f"{name:>10}" for name in PROCESSES) + "   peak memory, MiB")
    for tenth in range(10):
        first, last = tenth / 10, (tenth + 1) / 10
        peaks = " ".join(f"{found.peak(name, first, last):10.0f}" for name in PROCESSES)
        print(f"{round(last * found.lines):>12,} {peaks}")
    print(
        f"{found.lines:,} lines published in {found.published_seconds:.0f} s with {found.kills} kills,"
        f" taken in after {found.taken_in_seconds:.0f} s; stream {found.in_stream:,},"
        f" tracker {found.in_tracker:,}, distinct {found.distinct:,}; duplicates sent"
        f" {found.report['duplicates']:,}"
    )


def main() -> int:
    """Run once and print; return 1 where an event is missing or there twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    lines = parser.parse_args().lines
    with pytest.MonkeyPatch.context() as patch, prepared(patch) as home:
        found = asyncio.run(run(home, lines))
    show(found)
    return 0 if found.once() else 1


if __name__ == "__main__":
    raise SystemExit(main())
