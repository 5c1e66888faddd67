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
async def prometheus(
    folder: Path, targets: Sequence[str], *, rules: Path | None = None, tells: str | None = None
) -> AsyncIterator[Prometheus]:
    """Run Debian's Prometheus, its data under `folder`; `tells` is the address of an Alertmanager."""
    config = _configure(folder, targets, rules, tells)
    options = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    async with running("prometheus", options, folder) as url, aiohttp.ClientSession() as client:
        yield Prometheus(url, client)


def _configure(folder: Path, targets: Sequence[str], rules: Path | None, tells: str | None) -> Path:
    folder.mkdir(parents=True)
    config = folder / "prometheus.yml"
    jobs = [{"job_name": "docwatch", "static_configs": [{"targets": list(targets)}]}]
    said: dict[str, object] = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "scrape_configs": jobs,
    }
    if rules is not None:
        said["rule_files"] = [str(rules)]
    if tells is not None:
        at = {"targets": [tells.removeprefix("http://")]}
        said["alerting"] = {"alertmanagers": [{"static_configs": [at]}]}
    config.write_text(json.dumps(said))
    return config


@asynccontextmanager
async def alertmanager(folder: Path, config: Path) -> AsyncIterator[str]:
    """Run Debian's Alertmanager with a configuration, its data in `folder`; yield its address."""
    options = [f"--config.file={config}", f"--storage.path={folder}", "--cluster.listen-address="]
    async with running("prometheus-alertmanager", options, folder) as url:
        yield url


@asynccontextmanager
async def running(name: str, options: Sequence[str], folder: Path) -> AsyncIterator[str]:
    """Run a program of Debian's on a free port until the block ends; yield its address once it is ready."""
    program = shutil.which(name)
    if program is None:
        pytest.fail(f"{name} is needed: apt-get install {name}")
    address = f"127.0.0.1:{ports.pick('127.0.0.1')}"
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, *options, f"--web.listen-address={address}", stdout=log, stderr=subprocess.STDOUT
        )
    try:
        await _ready(f"http://{address}")
        yield f"http://{address}"
    finally:
        process.terminate()
        await process.wait()


async def _ready(url: str) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(f"{url}/-/ready") as response:
                    if response.ok:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await SystemClock().sleep(0.1)
