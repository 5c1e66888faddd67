"""SIGTERM to one of two processes of each service while events are offered and people are told."""

import asyncio
import signal

import asyncpg
import nats
import pytest

from cli.up.command import Sample
from contracts.services import SERVICES
from contracts.streams import NOTIFIER_NOTICES, TRACKER_STAGES, Consumer
from runtime.clock import SystemClock
from tests.faults.evidence import collect, findings
from tests.faults.fleet import Fleet, fleet
from tests.faults.harness import prepared
from tests.faults.looking import ready
from tests.faults.offered import offering
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
STOP_SECONDS = 15.0
DRAINED_SECONDS = 20.0
"""Less than the 30 s after which the stream would give what was left leased to somebody else."""
START_SECONDS = 30.0
RATE, PACE, LOAD_SECONDS = 200, 20.0, 3.0
LEASES = """
SELECT role FROM ingest.lease WHERE expires_at > clock_timestamp() AND holder LIKE $1
UNION ALL SELECT role FROM tracker.lease WHERE expires_at > clock_timestamp() AND holder LIKE $1
UNION ALL SELECT role FROM notifier.lease WHERE expires_at > clock_timestamp() AND holder LIKE $1
UNION ALL SELECT role FROM desk.lease WHERE expires_at > clock_timestamp() AND holder LIKE $1
"""


async def _leases(ships: Fleet, pid: int) -> list[str]:
    """Return the roles that a process still holds."""
    connection = await asyncpg.connect(ships.harness.running.servers.admin)
    try:
        return [row["role"] for row in await connection.fetch(LEASES, f"%:{pid}:%")]
    finally:
        await connection.close()


async def _owner(ships: Fleet, service: str) -> str:
    """Return the process of a service that holds most roles, for it has the most to let go."""
    programs = ships.harness.running.supervisor.programs
    held = {
        name: len(await _leases(ships, programs[name].pid or 0))
        for name in ships.processes
        if name.startswith(service)
    }
    return max(held, key=lambda name: held[name])


async def _drained(ships: Fleet, *consumers: Consumer) -> None:
    """Return once every message of the consumers is acknowledged; TimeoutError where some stay leased."""
    client = await nats.connect(ships.harness.running.servers.nats["provision"])

    async def empty() -> bool:
        infos = [await client.jetstream().consumer_info(one.stream, one.durable) for one in consumers]
        return all(info.num_ack_pending == 0 and info.num_pending == 0 for info in infos)

    try:
        await until(empty, within=DRAINED_SECONDS, every=0.1)
    finally:
        await client.close()


async def _stop(ships: Fleet, name: str) -> tuple[int, float, list[str]]:
    """Send SIGTERM to a process; return its exit code, the seconds it took and what it still holds."""
    program = ships.harness.running.supervisor.programs[name]
    process, started = program.process, SystemClock().monotonic()
    assert process is not None
    ships.harness.signal(name, signal.SIGTERM)
    async with asyncio.timeout(STOP_SECONDS):
        code = await process.wait()
    return code, SystemClock().monotonic() - started, await _leases(ships, process.pid)


@pytest.mark.parametrize("service", SERVICES)
async def test_sigterm_under_load_ends_in_time_and_leaves_nothing_leased(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    """It ends by itself within 15 s, its roles and messages are free, and its successor is ready soon."""
    with prepared(monkeypatch):
        async with fleet(Sample(applications=60, citizens=40)) as ships:
            running = ships.harness.running
            assert running.player is not None
            async with asyncio.TaskGroup() as both:
                both.create_task(running.player.play(2 * LOAD_SECONDS))
                url, database = running.addresses.ingest, running.servers.databases["ingest"]
                async with offering(url, database, RATE, PACE) as offer:
                    await SystemClock().sleep(LOAD_SECONDS)
                    name = await _owner(ships, service)
                    code, seconds, leases = await _stop(ships, name)
            await _drained(ships, TRACKER_STAGES, NOTIFIER_NOTICES)
            await until(lambda: ready(ships.processes[name]), within=START_SECONDS, every=0.1)
            books = await ships.harness.books()
            evidence = await collect(ships.harness)

    assert (0, []) == (code, leases)
    assert seconds < STOP_SECONDS
    assert offer.settled == offer.made
    assert 0 == books.ends.get("unknown", 0)
    assert [] == books.problems()
    assert [] == findings(evidence)
