"""What one process shows of itself from outside: its health, its metrics, the CPU and memory it uses."""

import os
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from runtime.clock import SystemClock

MIB = 1024.0 * 1024.0
ANSWER_SECONDS = 1.0
CLOCK = SystemClock()


async def ready(url: str) -> bool:
    """Tell whether a process with this base URL can do its work."""
    try:
        async with aiohttp.ClientSession() as client, client.get(f"{url}/readyz") as answer:
            return answer.ok
    except aiohttp.ClientError:
        return False


async def alive(url: str, within: float = ANSWER_SECONDS) -> float:
    """Return the seconds in which a process said that its loop turns; AssertionError, TimeoutError."""
    started, timeout = CLOCK.monotonic(), aiohttp.ClientTimeout(total=within)
    async with aiohttp.ClientSession(timeout=timeout) as client, client.get(f"{url}/healthz") as answer:
        assert answer.ok
    return CLOCK.monotonic() - started


async def metric(url: str, name: str, **labels: str) -> float | None:
    """Return the sum of a metric's samples that have these labels; None where there is none."""
    async with aiohttp.ClientSession() as client, client.get(f"{url}/metrics") as answer:
        text = await answer.text()
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(found) if found else None


def waited_for_a_core(pid: int) -> float | None:
    """Return the seconds in which a process's main thread wanted a core and got none; None: it is gone."""
    try:
        stat = Path(f"/proc/{pid}/schedstat").read_text("ascii")
    except OSError:
        return None
    return int(stat.split()[1]) / 1e9


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Return what a process keeps in memory now, in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / MIB
