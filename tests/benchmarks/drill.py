"""Stops each part in turn under load and looks which alerts reach people: the right one and no other.

`python -m tests.benchmarks.drill [PART ...]`: 90 seconds a part, on a machine with nothing else to do.
A real Prometheus evaluates the rules of deploy/ with every window a sixth as long, a real Alertmanager with
the configuration of deploy/ decides who is told.
"""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import aiohttp
import pytest

from cli.installation.local import ensure_secrets
from runtime.clock import SystemClock
from sandbox.clients.follower import follow
from sandbox.clients.telegram import sandbox_client
from tests.faults.harness import Harness, harness, prepared
from tests.faults.prometheus import alertmanager, prometheus
from tests.faults.secrecy import event

DEPLOY = Path(__file__).parents[2] / "deploy" / "prometheus"
SHORTER = 6
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WITHIN, STOPPED, QUIET = 40.0, 60.0, 120.0
"""Seconds: until the alert must be there, for which a part stays stopped, until all is quiet again."""

EXPECTED = {
    "ingest": "ServiceDown",
    "tracker": "ServiceDown",
    "notifier": "ServiceDown",
    "nats": "DependencyDown",
    "postgres": "DependencyDown",
}


def shortened(rules: str) -> str:
    """Return rules with every window and waiting time a sixth as long."""

    def shorter(found: re.Match[str]) -> str:
        return f"{found[1]}{max(1, int(found[2]) * UNITS[found[3]] // SHORTER)}s"

    return re.sub(r"(\[|for: )(\d+)([smhd])", shorter, rules)


def quickened(home: Path) -> Path:
    """Write the rules of deploy/, made shorter, into a folder and return it."""
    folder = home / "rules"
    folder.mkdir()
    for one in (DEPLOY / "rules").glob("*.yml"):
        (folder / one.name).write_text(shortened(one.read_text()))
    return folder


async def drill(parts: Sequence[str]) -> int:
    """Stop these parts; return how many were not told as they should be."""
    clock, wrong = SystemClock(), 0
    with pytest.MonkeyPatch.context() as patch, prepared(patch) as home:
        rules = quickened(home)
        async with (
            harness(applications=20, citizens=10) as stack,
            alertmanager(rules, DEPLOY / "alertmanager.yml") as manager,
            aiohttp.ClientSession(manager) as told,
        ):
            targets = [url.removeprefix("http://") for url in stack.running.addresses.ops.values()]
            async with prometheus(home / "prometheus", targets, rules=rules / "*.yml", tells=manager):
                working = asyncio.create_task(load(stack))
                await clock.sleep(20)
                print("at work:", await active(told) or "quiet", flush=True)
                for part in parts:
                    alert = EXPECTED[part]
                    seen = await stopped(stack, part, told, clock)
                    fit = set(seen) == {alert} and seen[alert] <= WITHIN
                    wrong += not fit
                    print("ok " if fit else "NOT", part, seen, flush=True)
                working.cancel()
    return wrong


async def stopped(
    stack: Harness, part: str, told: aiohttp.ClientSession, clock: SystemClock
) -> dict[str, int]:
    """Stop a part for a while; return which alerts came, after how many seconds, and wait for quiet."""
    pids = [*_processes(stack, part)]
    seen: dict[str, int] = {}
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    began = clock.monotonic()
    try:
        while clock.monotonic() - began < STOPPED:
            for alert in await active(told):
                seen.setdefault(alert, round(clock.monotonic() - began))
            await clock.sleep(0.5)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    began = clock.monotonic()
    while (left := await active(told)) and clock.monotonic() - began < QUIET:
        for alert in left:
            seen.setdefault(alert, round(STOPPED + clock.monotonic() - began))
        await clock.sleep(0.5)
    return seen


async def active(told: aiohttp.ClientSession) -> set[str]:
    """Return the alerts that wake people; what counts over a day means nothing within minutes."""
    async with told.get("/api/v2/alerts", params={"active": "true", "inhibited": "false"}) as answer:
        found = await answer.json()
    return {one["labels"]["alertname"] for one in found if one["labels"]["severity"] == "page"}


def _processes(stack: Harness, part: str) -> Iterator[int]:
    """Yield the process of a part, and those that it began."""
    if part in stack.running.servers.embedded:
        first = stack.running.servers.embedded[part].pid
    else:
        first = stack.running.supervisor.programs[part].pid or 0
    yield first
    children = Path(f"/proc/{first}/task/{first}/children").read_text()
    yield from map(int, children.split())


async def load(stack: Harness) -> None:
    """Publish for somebody who follows, a few events a second, whatever answers come."""
    clock, running = SystemClock(), stack.running
    assert running.player is not None
    assert running.stored is not None
    assert running.addresses.phone is not None
    receipt = running.stored.month.receipts[0]
    async with sandbox_client(running.addresses.phone) as phone:
        citizen = await phone.create_citizen("Follower", "en")
        await follow(phone, citizen, running.player.printed[receipt.receipt_id].links["telegram"])
    headers = {"Authorization": f"Bearer {ensure_secrets(stack.settings.folder)['LOCAL_SAMPLE_KEY']}"}
    number, wait = 0, aiohttp.ClientTimeout(total=8)
    async with aiohttp.ClientSession(running.addresses.ingest, headers=headers, timeout=wait) as client:
        while True:
            number += 1
            body = event(f"drill-{number}", receipt.application_number, restart=True)
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                kind = {"Content-Type": "application/cloudevents+json"}
                async with client.post("/v1/events", json=body, headers=kind) as answer:
                    await answer.read()
            await clock.sleep(0.3)


if __name__ == "__main__":
    sys.exit(asyncio.run(drill(sys.argv[1:] or list(EXPECTED))))
