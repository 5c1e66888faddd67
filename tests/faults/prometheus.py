"""A real Prometheus for the length of a block, scraping what it is given every second."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from runtime.clock import SystemClock
from runtime.embedded import ports

START_SECONDS = 20.0


@dataclass(frozen=True)
class Prometheus:
    """Where it answers."""

    url: str
    client: aiohttp.ClientSession

    async def ask(self, query: str) -> list[float]:
        """Return the values that a query has now; ValueError where the query itself is wrong."""
        async with self.client.get(f"{self.url}/api/v1/query", params={"query": query}) as response:
            answer = await response.json()
        if answer["status"] != "success":
            raise ValueError(f"{query}: {answer['error']}")
        return [float(one["value"][1]) for one in answer["data"]["result"]]


@asynccontextmanager
async def prometheus(folder: Path, targets: Sequence[str]) -> AsyncIterator[Prometheus]:
    """Run Debian's Prometheus on a free port, its data under `folder`."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.fail("prometheus is needed: apt-get install prometheus")
    config = _configure(folder, targets)
    port = ports.pick("127.0.0.1")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        async with aiohttp.ClientSession() as client:
            found = Prometheus(f"http://127.0.0.1:{port}", client)
            await _ready(found)
            yield found
    finally:
        process.terminate()
        await process.wait()


def _configure(folder: Path, targets: Sequence[str]) -> Path:
    folder.mkdir(parents=True)
    config = folder / "prometheus.yml"
    jobs = [{"job_name": "docwatch", "static_configs": [{"targets": list(targets)}]}]
    config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
    return config


async def _ready(found: Prometheus) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                async with found.client.get(f"{found.url}/-/ready") as response:
                    if response.ok:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await SystemClock().sleep(0.1)
