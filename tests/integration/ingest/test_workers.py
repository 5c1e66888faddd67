"""Several processes of ingest on one port."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from nats.aio.client import Client

from contracts.messages.stage import STAGE_EVENT
from runtime.embedded import ports
from tests.benchmarks.kit import family
from tests.conftest import Databases
from tests.integration.ingest.conftest import Bench, event, stored
from tests.integration.ingest.test_process import environment
from tests.waiting import until

DEADLINE = 30
HALF_RATE = '"default";q=100000;w=10'


def told(databases: Databases, nats_url: str, catalogue: str = "sandbox/agency/catalogue") -> dict[str, str]:
    """What the processes must be told."""
    return environment(
        NATS_URL=nats_url,
        DATABASE_URL=databases.url("ingest"),
        CATALOGUE=str(Path.cwd() / catalogue),
        PEPPER="ab" * 32,
        RECEIPT_KEY="cd" * 32,
        INGEST_OPS_PORT="0",
    )


class Running:
    """Two workers and the process that keeps them: where they listen by pid, and every line written."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.listening: dict[int, int] = {}
        self.lines: list[str] = []

    async def read(self) -> None:
        """Collect what the processes say."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode())
            with suppress(ValueError):
                said = json.loads(line)
                if said.get("event") == "started":
                    self.listening[said["pid"]] = said["ops_port"]

    async def until_workers(self, count: int) -> None:
        """Wait until so many have started, counting those that ended since."""

        async def started() -> bool:
            return len(self.listening) >= count

        await until(started, within=DEADLINE)


@asynccontextmanager
async def two_workers(settings: dict[str, str]) -> AsyncIterator[Running]:
    """Run ingest with two workers; kill what is left of them after the block."""
    port = ports.pick("127.0.0.1")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ingest", "--workers", "2"),
        stdout=PIPE,
        stderr=STDOUT,
        env={**settings, "DOCWATCH_INGEST_PORT": str(port)},
    )
    running = Running(process, port)
    reading = asyncio.create_task(running.read())
    try:
        await running.until_workers(2)
        yield running
    finally:
        for pid in family(process.pid) if process.returncode is None else ():
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE):
            await process.wait()
            await reading


async def send(url: str, key: str, number: int, accepted: set[str]) -> None:
    """Post events one after the other, each on a new connection, and note those that were accepted."""
    apart, headers = aiohttp.TCPConnector(force_close=True), {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(connector=apart, headers=headers) as client:
        for index in range(25):
            body = event(f"e-{number}-{index}")
            with suppress(aiohttp.ClientError):
                async with client.post(f"{url}/v1/events", json=body) as answer:
                    assert answer.status == 202
                    assert HALF_RATE == answer.headers["RateLimit-Policy"]
                    accepted.add(str(body["id"]))


async def counted(running: Running) -> list[int]:
    """Ask each worker how many events it took in."""
    found = []
    async with aiohttp.ClientSession() as client:
        for port in running.listening.values():
            with suppress(aiohttp.ClientConnectionError):
                async with client.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    rows = (await answer.text()).splitlines()
                head = 'docwatch_ingest_events_total{result="accepted"} '
                found += [float(row.removeprefix(head)) for row in rows if row.startswith(head)] or [0.0]
    return [int(one) for one in found]


def alive(pid: int) -> bool:
    """Tell whether there is such a process."""
    return Path(f"/proc/{pid}").exists()


async def test_a_worker_that_is_killed_costs_nothing_that_was_accepted(
    databases: Databases, nats_url: str, bench: Bench, nats_client: Client
) -> None:
    """Both serve one port, each its part of a rate; one dies, is replaced, and SIGTERM ends all in order."""
    accepted: set[str] = set()
    async with two_workers(told(databases, nats_url)) as running:
        await asyncio.gather(*(send(running.url, bench.key, number, accepted) for number in range(8)))
        both, before = await counted(running), len(accepted)

        sending = [asyncio.create_task(send(running.url, bench.key, 8 + n, accepted)) for n in range(8)]
        killed = next(iter(running.listening))
        os.kill(killed, signal.SIGKILL)
        await asyncio.gather(*sending)
        await running.until_workers(3)
        pids = family(running.process.pid)
        running.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE):
            status = await running.process.wait()

    kept = {STAGE_EVENT.validate_json(body).event_id for body in await stored(nats_client)}
    assert before == sum(both) == 200
    assert all(both)
    assert accepted <= kept
    assert killed not in pids
    assert 3 == len(pids)
    assert 0 == status, running.lines
    assert [] == [pid for pid in pids if alive(pid)]


async def test_workers_end_with_the_process_that_keeps_them(databases: Databases, nats_url: str) -> None:
    """Where it is killed, nobody else can stop them: they stop by themselves, in order."""
    async with two_workers(told(databases, nats_url)) as running:
        workers = list(running.listening)
        running.process.kill()

        async def gone() -> bool:
            return not any(alive(pid) for pid in workers)

        await until(gone, within=DEADLINE)

    assert 2 == sum('"stopped"' in line for line in running.lines)


async def test_workers_that_cannot_start_end_all(databases: Databases, nats_url: str) -> None:
    """What keeps one from starting keeps all from it: the process ends with the same status, and says why."""
    settings = told(databases, nats_url, "nowhere") | {"DOCWATCH_INGEST_PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ingest", "--workers", "2"), stdout=PIPE, stderr=STDOUT, env=settings
    )
    async with asyncio.timeout(DEADLINE):
        printed, _ = await process.communicate()

    assert 2 == process.returncode
    assert b"the catalogue cannot be used" in printed


pytestmark = pytest.mark.long
