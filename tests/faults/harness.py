"""The whole installation as processes, playing a small month, with faults injected from outside."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from cli.books import Books, wait_until_balanced
from cli.settings import LocalSettings, local_settings
from cli.up import Installation, Sample, installation
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
        """Return one number from the database, seen with every right."""
        connection = await asyncpg.connect(self.running.servers.admin)
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    async def until(self, query: str, at_least: int) -> None:
        """Wait until a count has grown to `at_least`."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await self.count(query) < at_least:
                await SystemClock().sleep(0.02)

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


@asynccontextmanager
async def harness(
    monkeypatch: pytest.MonkeyPatch, *, applications: int = 60, citizens: int = 50, seed: int = 1
) -> AsyncIterator[Harness]:
    """Start everything on free ports in a directory of its own, prepared to play; take it down again."""
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    for name in ("INGEST", "TRACKER", "NOTIFIER", "PHONE"):
        monkeypatch.setenv(f"DOCWATCH_{name}_PORT", str(ports.pick("127.0.0.1")))
    home = _open_directory()
    monkeypatch.setenv("DOCWATCH_DATA_DIR", str(home / "data"))
    settings = local_settings()
    history: list[str] = []
    sample = Sample(seed=seed, applications=applications, citizens=citizens)
    try:
        async with installation(settings, sample, history.append) as running:
            assert running.player is not None
            await running.player.prepare()
            yield Harness(running, settings, history)
    finally:
        shutil.rmtree(home, ignore_errors=True)
