"""Notifiers as processes beside a simulated Telegram, and the hand that kills or stops whichever sends."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from runtime.embedded import ports
from sandbox.client import SandboxClient, sandbox_client, wait_until_up

HOST = "127.0.0.1"


async def _start(module: str, *arguments: str, environment: Mapping[str, str], log: Path) -> Process:
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, env=environment, stdin=DEVNULL, stdout=file, stderr=file
        )


@asynccontextmanager
async def simulated_telegram(
    rate: float, chat_rate: float, log: Path
) -> AsyncIterator[tuple[str, SandboxClient]]:
    """Run the simulator as a process of its own, in memory; hand out its address and a client."""
    port = str(ports.pick(HOST))
    url = f"http://{HOST}:{port}"
    rates = ("--global-rate", str(rate), "--chat-rate", str(chat_rate))
    process = await _start("sandbox", "--port", port, *rates, environment=dict(os.environ), log=log)
    try:
        await wait_until_up(url)
        async with sandbox_client(url) as client:
            yield url, client
    finally:
        process.kill()
        await process.wait()


@dataclass
class Notifiers:
    """Two or more replicas; the lease says which one sends."""

    environment: Mapping[str, str]
    admin: str
    log: Path
    processes: dict[int, Process] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)

    async def start(self) -> None:
        """Start one more."""
        port = {"DOCWATCH_NOTIFIER_PORT": str(ports.pick(HOST))}
        process = await _start("services.notifier", environment={**self.environment, **port}, log=self.log)
        self.processes[process.pid] = process

    async def owner(self) -> int:
        """Return the process that sends, once one of ours does."""
        connection = await asyncpg.connect(self.admin)
        query = "SELECT holder FROM notifier.lease WHERE expires_at > clock_timestamp()"
        try:
            async with asyncio.timeout(30):
                while True:
                    holder = await connection.fetchval(query)
                    pid = int(str(holder or ":0").rpartition(":")[2])
                    if pid in self.processes:
                        return pid
                    await asyncio.sleep(0.1)
        finally:
            await connection.close()

    async def strike(self, *, kill: bool) -> None:
        """Kill the owner with -9 and start another, or stop it until it is no longer the owner."""
        pid = await self.owner()
        self.history.append("SIGKILL" if kill else "SIGSTOP")
        if kill:
            process = self.processes.pop(pid)
            process.kill()
            await process.wait()
            await self.start()
            return
        os.kill(pid, signal.SIGSTOP)
        async with asyncio.timeout(30):
            while await self.owner() == pid:  # noqa: ASYNC110 - a database has no event to wait for
                await asyncio.sleep(0.1)
        os.kill(pid, signal.SIGCONT)

    async def end(self) -> None:
        """Kill what runs."""
        for process in self.processes.values():
            process.kill()
            await process.wait()
