"""Ingest against the raw limit: `python -m tests.benchmarks.ingest batches|singles|latency [--profile]`.

`batches`: NDJSON of 500 events through `POST /v1/events`, against nats-py's `publish_async` of the same
messages with 1,000 in flight. `singles`: one event a request, against a bare ASGI application on the same
server that validates the same body and awaits the same acknowledgement. `latency`: both of the latter at
several rates. nats-server writes without waiting for the disk, so that the programs are what is measured.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.database.postgres import open_pool
from runtime.embedded import ports
from services.ingest.keys.api_keys import create_key
from tests.benchmarks import ingest_work as work
from tests.benchmarks.comparing import Comparison, compare, save
from tests.benchmarks.kit import (
    ROUNDS,
    Sample,
    Servers,
    Timed,
    in_turns,
    measured,
    process,
    program,
    servers,
    service,
)
from tests.benchmarks.profiling import profiled

COMMAND = "python -m tests.benchmarks.ingest"
RATES = (50, 200, 500, 1000)
LATENCY_SECONDS = 4


@dataclass(frozen=True)
class Bench:
    """What is measured: where it listens, its processes, and a key for it."""

    servers: Servers
    key: str
    ports: dict[str, int]
    pids: dict[str, int]

    async def load(self, side: str, requests: list[bytes], events: int, *options: str) -> Sample:
        """Send requests to a side and return what they took; every one must be accepted."""

        async def send() -> Timed:
            found = await self.sent(side, requests, *options)
            return Timed(found["seconds"], {"load": found["cpu"]})

        pids = {"program": self.pids[side], "nats": self.servers.nats.pid}
        return await measured(send, events, pids)

    async def sent(self, side: str, requests: list[bytes], *options: str) -> dict[str, Any]:
        """Send requests to a side and return what the program that sends them found."""
        file = work.written(self.servers.home / "requests", requests)
        found: dict[str, Any] = await program("http_load", str(self.ports[side]), file, *options)
        if set(found["statuses"]) != {"202"}:
            raise RuntimeError(f"not all were accepted: {found['statuses']}")
        return found

    async def raw(self, run: str, events: int) -> Sample:
        """Publish the same messages by nats-py and return what they took."""
        file = work.written(self.servers.home / "messages", work.messages(run, events))

        async def send() -> Timed:
            found = await program(
                "ingest_raw", "publish", "--file", file, BENCH_NATS_URL=self.servers.nats_url
            )
            return Timed(found["seconds"], {"program": found["cpu"]})

        return await measured(send, events, {"nats": self.servers.nats.pid})


@asynccontextmanager
async def bench(
    workers: int, *, bare: bool, log: Path | None = None, sync_always: bool = False
) -> AsyncIterator[Bench]:
    """Run ingest, and where wanted the bare application beside it, on servers of their own."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(servers(sync_always=sync_always))
        database = running.databases.url("ingest")
        async with open_pool(database, "ingest", size=2) as pool:
            _, key = await create_key(pool, work.PUBLISHER)
        listening = {"ours": ports.pick("127.0.0.1"), "bare": ports.pick("127.0.0.1")}
        settings = running.settings("ingest", KEY_RATE="1000000")
        arguments = () if workers == 1 else ("--workers", str(workers))
        ours = service("ingest", settings, listening["ours"], *arguments, log=log)
        pids = {"ours": await stack.enter_async_context(ours)}
        if bare:
            limit = process(
                "tests.benchmarks.ingest_raw",
                *("app", "--port", str(listening["bare"])),
                settings={"BENCH_NATS_URL": running.nats_url},
                url=f"http://127.0.0.1:{listening['bare']}/readyz",
            )
            pids["bare"] = await stack.enter_async_context(limit)
        yield Bench(running, key, listening, pids)


def _command(what: str, chosen: argparse.Namespace) -> str:
    workers = f" --workers {chosen.workers}" if chosen.workers > 1 else ""
    disk = f" --events {chosen.events} --sync-always" if chosen.sync_always else ""
    return f"{COMMAND} {what}{workers}{disk}"


async def batches(chosen: argparse.Namespace) -> list[Comparison]:
    """Measure batches of 500."""
    async with bench(chosen.workers, bare=False, sync_always=chosen.sync_always) as found:

        async def raw(number: int) -> Sample:
            return await found.raw(f"raw{number}", chosen.events)

        async def ours(number: int) -> Sample:
            requests = work.batches(f"our{number}", chosen.events, found.key)
            return await found.load("ours", requests, chosen.events, "--connections", "4")

        if chosen.profile:
            await _profile(found, ours)
            return []
        samples = await in_turns({"publish_async": raw, "ingest": ours}, chosen.rounds)
    return [compare("NDJSON batches of 500", samples, command=_command("batches", chosen), bar=0.8)]


async def singles(chosen: argparse.Namespace) -> list[Comparison]:
    """Measure single posts."""
    async with bench(chosen.workers, bare=True) as found:

        def side(name: str) -> Callable[[int], Awaitable[Sample]]:
            async def send(number: int) -> Sample:
                requests = work.singles(f"{name}{number}", chosen.events // 2, found.key)
                return await found.load(name, requests, chosen.events // 2, "--connections", "64")

            return send

        if chosen.profile:
            await _profile(found, side("ours"))
            return []
        sides = {"bare ASGI": side("bare"), "ingest": side("ours")}
        samples = await in_turns(sides, chosen.rounds)
    return [compare("Single posts, 64 connections", samples, command=_command("singles", chosen), bar=0.5)]


async def latency(chosen: argparse.Namespace) -> list[Comparison]:
    """Print how long single posts take at several rates, from when each was due; no bar."""
    print(f"Single posts at a rate, ms (`{COMMAND} latency`)\n")
    print("| events/s | bare p50 | bare p99 | ingest p50 | ingest p99 |\n| --- | --- | --- | --- | --- |")
    async with bench(chosen.workers, bare=True) as found:
        for side in ("bare", "ours"):
            await found.sent(side, work.singles(f"warm{side}", 500, found.key))
        for rate in RATES:
            row = [f"{rate}"]
            for side in ("bare", "ours"):
                requests = work.singles(f"{side}{rate}", rate * LATENCY_SECONDS, found.key)
                options = ("--connections", "64", "--rate", str(rate))
                took = sorted((await found.sent(side, requests, *options))["took"])
                row += [f"{took[int(len(took) * share)] * 1000:.1f}" for share in (0.5, 0.99)]
            print(f"| {' | '.join(row)} |", flush=True)
    return []


async def _profile(found: Bench, side: Callable[[int], Awaitable[Sample]]) -> None:
    await side(0)
    async with profiled(found.pids["ours"], 5):
        for number in range(1, 4):
            await side(number)


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("batches", "singles", "latency"))
    parser.add_argument("--events", type=int, default=30_000, help="events a round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--sync-always", action="store_true", help="batches alone")
    parser.add_argument("--profile", action="store_true", help="print the share of CPU by function instead")
    parser.add_argument("--json", type=Path, help="write what was found there, too")
    chosen = parser.parse_args()
    measure = {"batches": batches, "singles": singles, "latency": latency}[chosen.what]
    found = asyncio.run(measure(chosen))
    for one in found:
        print(one.markdown())
    if chosen.json:
        save(chosen.json, found)


if __name__ == "__main__":
    main()
