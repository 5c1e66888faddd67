"""How soon a message is at the messenger after its event was accepted: `python -m tests.benchmarks.latency`.

From the 202 of a post to the messenger's receipt of the call, one follower for each event: one event at a
time, and at several rates. Beside it the raw hops of the same way, on servers of their own, in the same run.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from runtime.clock import SystemClock
from runtime.embedded import ports
from tests.benchmarks import town
from tests.benchmarks.installation import Installation, installation, messenger
from tests.benchmarks.kit import CATALOGUE, p99, program, servers
from tests.benchmarks.pipeline import SINGLE
from tests.benchmarks.plots import Plot, keep
from tests.benchmarks.town import STAGES, Person, event
from tests.waiting import until

IDLE_GAP = 0.05


@dataclass(frozen=True)
class Waits:
    """Seconds until the messenger was called, sorted: from the start of the post, and from its 202."""

    from_post: Sequence[float]
    from_answer: Sequence[float]


async def measure(found: Installation, run: str, people: Sequence[Person], stage: str, gap: float) -> Waits:
    """Post one event for each of these people, so many seconds apart; return how long each took."""
    clock, started, accepted = SystemClock(), dict[int, float](), dict[int, float]()
    headers = {"Authorization": f"Bearer {found.secret}", **SINGLE}
    async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as group:
        before = await found.told(client)

        async def post(person: Person) -> None:
            body = json.dumps(event(f"{run}-{person.chat}", person, stage)).encode()
            started[person.chat] = time.monotonic()
            async with client.post(f"{found.url('ingest')}/v1/events", data=body, headers=headers) as answer:
                if answer.status != 202:
                    raise SystemExit(f"{answer.status}: {await answer.text()}")
                accepted[person.chat] = time.monotonic()

        began = clock.monotonic()
        for number, person in enumerate(people):
            await clock.sleep(max(0.0, began + number * gap - clock.monotonic()))
            group.create_task(post(person))

        async def all_told() -> bool:
            return await found.told(client) - before >= len(people)

        await until(all_told, within=120, every=0.25)
        arrived = await found.arrivals(client, before)
    from_post, from_answer = (
        sorted(max(0.0, at - since[chat]) for chat, at in arrived) for since in (started, accepted)
    )
    return Waits(from_post, from_answer)


def shown(title: str, took: Sequence[float]) -> str:
    """Return one row of the table."""
    return (
        f"| {title} | {statistics.median(took) * 1000:.1f} | {p99(took) * 1000:.1f} | {took[-1] * 1000:.1f} |"
    )


def plot(rates: Sequence[float], found: Mapping[str, Sequence[float]]) -> Plot:
    """Return the curves: median and 99th percentile by rate."""
    taken = [(rate, sorted(found[f"{rate:g} events/s"])) for rate in rates]
    return Plot(
        "From the 202 to the messenger",
        "events/s",
        "ms",
        {
            "p50": [(rate, statistics.median(took) * 1000) for rate, took in taken],
            "p99": [(rate, p99(took) * 1000) for rate, took in taken],
        },
    )


async def main(chosen: argparse.Namespace) -> None:
    """Measure and print."""
    rates = [float(one) for one in chosen.rates.split(",")]
    found: dict[str, list[float]] = {
        one: [] for one in ("one at a time", *(f"{rate:g} events/s" for rate in rates))
    }
    raw: list[float] = []
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(installation(chosen.people))
        limit = await stack.enter_async_context(servers())
        own = limit.settings("notifier")
        keys = town.Keys(own["ENCRYPTION_KEYS"], own["PEPPER"])
        await town.settle(limit.databases.admin, CATALOGUE, keys, running.people)
        port = ports.pick("127.0.0.1")
        await stack.enter_async_context(messenger(port))
        turn = 0
        for number in range(chosen.rounds + 1):
            for title, gap in zip(found, (IDLE_GAP, *(1 / rate for rate in rates)), strict=True):
                took = await measure(running, f"r{turn}", running.people, STAGES[turn % len(STAGES)], gap)
                turn += 1
                if number:
                    found[title] += took.from_answer
            if number:
                hops = await program(
                    "latency_raw",
                    *(f"http://127.0.0.1:{port}", str(min(200, chosen.people))),
                    BENCH_NATS_URL=limit.nats_url,
                    BENCH_TRACKER_URL=limit.databases.url("tracker"),
                    BENCH_NOTIFIER_URL=limit.databases.url("notifier"),
                )
                raw += hops["took"]
    print("| 202 to the messenger's receipt | p50, ms | p99, ms | longest, ms |\n|---|---|---|---|")
    for title, waits in found.items():
        print(shown(title, sorted(waits)))
    print(shown("the raw hops of one event", sorted(raw)))
    if chosen.keep:
        keep("latency", plot(rates, found))
    ratio = statistics.median(found["one at a time"]) / statistics.median(raw)
    print(f"\none at a time: {ratio:.2f} times the raw hops (at most 1.15 is wanted)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200, help="events a measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rates", default="50")
    parser.add_argument("--keep", action="store_true", help="keep the curve for the plots")
    asyncio.run(main(parser.parse_args()))
