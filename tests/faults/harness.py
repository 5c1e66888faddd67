"""The whole installation as processes, playing a small month, with faults injected from outside."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from cli.settings import LocalSettings, local_settings
from cli.up.books import Books, wait_until_balanced
from cli.up.command import Installation, Sample, installation
from runtime.clock import SystemClock
from runtime.embedded import ports

DEADLINE_SECONDS = 120.0
QUICK = {
    "DOCWATCH_RATE_GLOBAL": "2000",
    "DOCWATCH_RATE_CHAT": "200",
    "DOCWATCH_RESEND_AFTER": "1",
}
"""Limits far above the sample's pace, and a resend that a test can wait for."""


@dataclass
class Harness:
    """A running installation, its sample being played, and what was done to it."""

    running: Installation
    settings: LocalSettings
    history: list[str] = field(default_factory=list)

    async def count(self, query: str) -> int:
        """Return a count in the database, seen with every right."""
        connection = await asyncpg.connect(self.running.servers.admin)
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    async def until(self, query: str, at_least: int) -> None:
        """Wait until a count in the database, seen with every right, has grown to `at_least`."""
        connection = await asyncpg.connect(self.running.servers.admin)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while await connection.fetchval(query) < at_least:
                    await SystemClock().sleep(0.02)
        finally:
            await connection.close()

    def signal(self, service: str, number: signal.Signals) -> None:
        """Send a signal to a service's process."""
        pid = self.running.supervisor.programs[service].pid
        assert pid is not None
        os.kill(pid, number)
        self.history.append(f"{number.name} to {service}")

    async def kill(self, service: str) -> None:
        """Kill a service with -9 and wait until its successor runs."""
        program = self.running.supervisor.programs[service]
        before = program.restarts
        self.signal(service, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while program.restarts == before:
                await SystemClock().sleep(0.02)

    async def kill_server(self, name: str) -> None:
        """Kill nats or postgres with -9 and wait until it serves again on the same port."""
        server = self.running.servers.embedded[name]
        pid = server.pid
        os.kill(pid, signal.SIGKILL)
        self.history.append(f"SIGKILL to {name}")
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not server.running or server.pid == pid:
                await SystemClock().sleep(0.02)

    def ended(self) -> list[str]:
        """Return what the history tells of programs and servers that ended by themselves or were killed."""
        return [line for line in self.history if " ended" in line]

    async def play(self) -> None:
        """Play the whole month as fast as it goes."""
        assert self.running.player is not None
        await self.running.player.play(0.0)

    async def books(self) -> Books:
        """Return the books once everything has come to its end."""
        assert self.running.stored is not None
        servers, stored, catalogue = self.running.servers, self.running.stored, self.running.catalogue
        return await wait_until_balanced(servers, stored, catalogue, SystemClock(), patience=45)


def _open_directory() -> Path:
    """Make a directory that PostgreSQL's own account can enter."""
    home = Path(tempfile.mkdtemp(prefix="docwatch-faults-"))
    home.chmod(0o755)
    return home


@contextmanager
def prepared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Set free ports and a data directory of its own for the length of the block, and delete it after."""
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    for name in (
        "INGEST",
        "NOTIFIER",
        "PUBLIC",
        "PHONE",
        "SMTP",
        "INGEST_OPS",
        "TRACKER_OPS",
        "NOTIFIER_OPS",
        "DESK",
        "DESK_OPS",
    ):
        monkeypatch.setenv(f"DOCWATCH_{name}_PORT", str(ports.pick("127.0.0.1")))
    home = _open_directory()
    monkeypatch.setenv("DOCWATCH_DATA_DIR", str(home / "data"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def harness(
    *, applications: int = 60, citizens: int = 50, seed: int = 1, history: list[str] | None = None
) -> AsyncIterator[Harness]:
    """Start everything as the environment says, ready to play a month; take it down again.

    What happens is added to `history`.
    """
    settings, history = local_settings(), [] if history is None else history
    sample = Sample(seed=seed, applications=applications, citizens=citizens)
    async with installation(settings, sample, history.append) as running:
        assert running.player is not None
        await running.player.prepare()
        yield Harness(running, settings, history)
