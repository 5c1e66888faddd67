"""What metrics cost: user CPU of the three services an event, with them and without, interleaved.

`python -m tests.benchmarks.metrics_cost` runs the services in one process, against real servers and a
simulated Telegram in others; every event is told to one person. With metrics there is a scrape for each
service in every run, more often than a Prometheus would.
"""

import asyncio
import contextlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import nats
import pytest
import structlog
from prometheus_client import Counter, Gauge, Histogram

from cli.installation.provisioning import provision_database, provision_streams
from contracts.services import SERVICES
from runtime.database.postgres import Pool, open_pool
from runtime.embedded import EmbeddedNats, EmbeddedPostgres, NatsUser, ports
from sandbox.clients.telegram import wait_until_up
from tests.conftest import PASSWORD, Databases
from tests.integration.runtime.whole import OPS, PUBLISHER, Whole, whole
from tests.waiting import until

RUNS, PEOPLE, LIMIT = 9, 200, 0.05
STAGES = ("accepted", "verification", "printing", "shipped", "arrived", "issued")
TOLD = "SELECT count(*) FROM delivery WHERE kind = 'notice' AND ended_at IS NOT NULL"
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


@contextmanager
def silent() -> Iterator[None]:
    """Have every metric do nothing for the length of the block."""
    with pytest.MonkeyPatch.context() as patch:
        for kind, name in ((Counter, "inc"), (Gauge, "set"), (Histogram, "observe")):
            patch.setattr(kind, name, lambda *_: None)
            patch.setattr(kind, "labels", lambda self, *_, **__: self)
        yield


def _home() -> Path:
    """Make a directory that PostgreSQL's own account can enter."""
    home = Path(tempfile.mkdtemp(prefix="docwatch-cost-"))
    home.chmod(0o755)
    return home


@asynccontextmanager
async def servers() -> AsyncIterator[tuple[str, Databases, str]]:
    """Run NATS, PostgreSQL and a simulated Telegram, each a process; yield where they are."""
    home = _home()
    port = ports.pick("127.0.0.1")
    bus = EmbeddedNats(home / "nats", users=[NatsUser("provision", PASSWORD)])
    database = EmbeddedPostgres(home / "postgres", password=PASSWORD)
    rates = ["--global-rate", "0", "--chat-rate", "0"]
    command = [sys.executable, "-m", "sandbox", "--port", str(port), *rates]
    telegram = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
    try:
        await asyncio.gather(bus.start(), database.start(), wait_until_up(f"http://127.0.0.1:{port}", 60))
        await provision_streams(bus.url("provision"))
        await provision_database(database.url(), dict.fromkeys(SERVICES, PASSWORD))
        yield bus.url("provision"), Databases(database, "docwatch"), f"http://127.0.0.1:{port}"
    finally:
        telegram.terminate()
        await asyncio.gather(telegram.wait(), bus.stop(), database.stop())
        shutil.rmtree(home, ignore_errors=True)


async def measured(running: Whole, pool: Pool, run: str) -> float:
    """Publish all stages for everybody, wait until all are told; return microseconds of user CPU an event."""
    before = await pool.fetchval(TOLD)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for stage in STAGES:
        events = [_event(f"{run}-{stage}-{person}", person, stage) for person in range(PEOPLE)]
        answer = await running.back_office.post("/v1/events", json=events, headers=BATCH)
        answer.raise_for_status()
    expected = before + PEOPLE * len(STAGES)

    async def all_told() -> bool:
        return bool(await pool.fetchval(TOLD) >= expected)

    await until(all_told, within=300, every=0.25)
    for _ in SERVICES:
        await running.back_office.get(f"{OPS}/metrics")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - used
    return used / (PEOPLE * len(STAGES)) * 1e6


def _number(person: int) -> str:
    return f"AB-{100_000_000 + person}"


def _event(event_id: str, person: int, stage: str) -> dict[str, object]:
    fields = {"application_number": _number(person), "document_type": "id_card", "stage": stage}
    return {
        "specversion": "1.0",
        "type": "docwatch.stage.v1",
        "source": PUBLISHER,
        "id": event_id,
        "time": datetime.now(UTC).isoformat(),
        "data": {**fields, "restart": stage == STAGES[0]},
    }


def keep_logs_apart() -> None:
    """Have the services, which run in this process, log to stderr: what is printed is the result alone."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


async def main() -> int:
    """Measure, print the medians; 1 where metrics cost more than a twentieth."""
    keep_logs_apart()
    costs: dict[bool, list[float]] = {True: [], False: []}
    async with (
        servers() as (bus, databases, telegram),
        open_pool(databases.url("notifier"), "notifier", size=2) as pool,
    ):
        client = await nats.connect(bus)
        async with whole(bus, client, databases, telegram=telegram) as running:
            for person in range(PEOPLE):
                await running.follower(_number(person))
            await measured(running, pool, "warm")
            for number in range(RUNS):
                for on in (number % 2 == 0, number % 2 == 1):
                    with contextlib.nullcontext() if on else silent():
                        costs[on].append(await measured(running, pool, f"{number}-{on}"))
                    sys.stderr.write(f"{'with' if on else 'without'} {costs[on][-1]:.0f} us\n")
        await client.close()
    with_them, without = statistics.median(costs[True]), statistics.median(costs[False])
    share = with_them / without - 1
    print(f"user CPU an event: {with_them:.0f} us with metrics, {without:.0f} us without: {share:+.1%}")
    return 1 if share > LIMIT else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
