"""The whole way, from an HTTP post to an accepted message: `python -m tests.benchmarks.pipeline`.

Every event is told to one person; the messenger's limits are lifted. Prints events/s and the CPU of each part
an event, by turns with the leanest whole way (`way_raw`), and in the same run python-telegram-bot's
`send_message` alone, which says how fast the machine is just then. With `--profile PART` it also says where
that part's CPU goes.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence

import aiohttp
import asyncpg
import nats

from tests.benchmarks.installation import Installation, installation
from tests.benchmarks.kit import Sample, Timed, measured, program
from tests.benchmarks.plots import Plot, keep
from tests.benchmarks.profiling import profiled
from tests.benchmarks.town import STAGES, event
from tests.waiting import until

BATCH = {"Content-Type": "application/cloudevents-batch+json"}
SINGLE = {"Content-Type": "application/cloudevents+json"}
OURS = ("ingest", "tracker", "notifier", "nats", "postgres")
SENDS = 1000
MOST_SENDS = 4.3
"""The most CPU an event in calls of `send_message` on aiohttp: 1.2 ms where such a call takes 0.28."""
OF_RAW = (0.65, 0.75)
"""The rate that is wanted of the leanest whole way's, by single posts and by batches."""


async def post(found: Installation, bodies: Sequence[bytes], kind: dict[str, str], at_once: int) -> None:
    """Post bodies, so many at once, each until it is answered 202."""
    headers = {"Authorization": f"Bearer {found.secret}", **kind}
    waiting = iter(bodies)

    async def sender(client: aiohttp.ClientSession) -> None:
        for body in waiting:
            async with client.post(f"{found.url('ingest')}/v1/events", data=body, headers=headers) as answer:
                if answer.status != 202:
                    raise SystemExit(f"{answer.status}: {await answer.text()}")
                await answer.read()

    async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(sender(client))


async def round_of(found: Installation, number: int, *, size: int, parts: Sequence[str] = OURS) -> Sample:
    """Post one stage of everybody's, in batches or one by one; return when all are told."""
    stage = STAGES[number % len(STAGES)]
    events = [event(f"r{number}-{one.chat}", one, stage) for one in found.people]
    if size == 1:
        bodies, kind, at_once = [json.dumps(one).encode() for one in events], SINGLE, 32
    else:
        posts = [events[start : start + size] for start in range(0, len(events), size)]
        bodies, kind, at_once = [json.dumps(one).encode() for one in posts], BATCH, 4
    async with aiohttp.ClientSession() as client:
        before = await found.told(client)

        async def all_told() -> bool:
            return await found.told(client) - before >= len(events)

        async def work() -> Timed:
            started = time.monotonic()
            await post(found, bodies, kind, at_once)
            await until(all_told, within=300, every=0.05)
            arrivals = await found.arrivals(client, before)
            return Timed(arrivals[-1][1] - started)

        return await measured(work, len(events), {name: found.pids[name] for name in parts})


async def send_message(found: Installation) -> float:
    """Return the CPU seconds of one call of `send_message` on aiohttp, 50 at once, as the machine is now."""
    taken = await program("notifier_raw", "aiohttp", found.url("messenger"), str(SENDS), "50")
    return float(taken["cpu"]) / SENDS


def cost(sample: Sample, parts: Sequence[str] = OURS) -> float:
    """Return the microseconds of CPU that an event took in all parts."""
    return sum(sample.cost(part) for part in parts)


def shown(title: str, samples: Sequence[Sample]) -> str:
    """Return one row: the median rate and the CPU of each part an event."""
    costs = {part: statistics.median(one.cost(part) for one in samples) for part in OURS}
    whole = statistics.median(map(cost, samples))
    cells = (f"{costs[part] / 1000:.2f}" for part in OURS)
    rates = [one.rate for one in samples]
    rate = f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
    return f"| {title} | {rate} | {' | '.join(cells)} | {whole / 1000:.2f} |"


SIZES = """
SELECT n.nspname AS part, sum(pg_total_relation_size(c.oid))::bigint AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('ingest', 'tracker', 'notifier')
GROUP BY n.nspname ORDER BY n.nspname
"""


async def stored(found: Installation) -> dict[str, int]:
    """Return the bytes that each schema, indexes and all, and all streams together take."""
    admin = await asyncpg.connect(found.servers.databases.admin)
    client = await nats.connect(found.servers.nats_url)
    try:
        sizes = {row["part"]: int(row["bytes"]) for row in await admin.fetch(SIZES)}
        streams = await client.jetstream().streams_info()
        return {**sizes, "streams": sum(one.state.bytes for one in streams)}
    finally:
        await client.close()
        await admin.close()


def compared(found: Mapping[int, Sequence[Sample]], raw: Mapping[int, Sequence[Sample]]) -> str:
    """Return the medians of the ratios of rounds that followed each other, and what is wanted."""
    parts = []
    for size, samples in found.items():
        pairs = list(zip(samples, raw[size], strict=True))
        rate = statistics.median(ours.rate / lean.rate for ours, lean in pairs)
        used = statistics.median(cost(ours) / cost(lean) for ours, lean in pairs)
        wanted = OF_RAW[size > 1]
        parts.append(f"{size} a post: {rate:.2f} of its rate ({wanted:g} is wanted) at {used:.2f} of its CPU")
    return "Of the leanest whole way, medians of rounds by turns: " + "; ".join(parts) + "."


async def main(chosen: argparse.Namespace) -> None:
    """Measure and print."""
    sizes, profile = [int(one) for one in chosen.sizes.split(",")], chosen.profile
    found: dict[int, list[Sample]] = {size: [] for size in sizes}
    raw: dict[int, list[Sample]] = {size: [] for size in sizes}
    calls: list[float] = []
    async with (
        installation(chosen.people, sync_always=chosen.sync_always) as running,
        installation(chosen.people, sync_always=chosen.sync_always, raw=True) as lean,
    ):
        turn, before = 0, await stored(running)
        for number in range(chosen.rounds + 1):
            calls.append(await send_message(running))
            for size in sizes:
                last = profile is not None and number == chosen.rounds
                looking = profiled(running.pids[profile or ""], 10) if last else contextlib.nullcontext()
                async with looking:
                    sample = await round_of(running, turn, size=size)
                beside = await round_of(lean, turn, size=size)
                turn += 1
                if number and not last:
                    found[size].append(sample)
                    raw[size].append(beside)
                for title, one in ((f"{size} a post", sample), (f"{size} a post, leanest", beside)):
                    sys.stderr.write(shown(f"{number or 'warm'}: {title}", [one]) + "\n")
        after, events = await stored(running), turn * chosen.people
    print(f"| posts | events/s (min-max) | {', ms | '.join(OURS)}, ms | all, ms |")
    print("|---" * (len(OURS) + 3) + "|")
    for size, samples in found.items():
        title = "one event each" if size == 1 else f"{size} events each"
        print(shown(title, samples))
        print(shown(f"{title}, leanest", raw[size]))
    call = statistics.median(calls)
    in_calls = [statistics.median(map(cost, samples)) / call / 1e6 for samples in found.values()]
    print(f"\n{compared(found, raw)}")
    print(
        f"\n`send_message` on aiohttp in the same run: {call * 1000:.2f} ms of CPU, so that an event takes"
        f" {' / '.join(f'{one:.1f}' for one in in_calls)} times as much; at most {MOST_SENDS:g} is wanted."
    )
    kept = ", ".join(f"{(after[one] - before[one]) / events:,.0f} in {one}" for one in after)
    print(f"\nAfter {events:,} events, bytes stored an event: {kept}.")
    if chosen.keep:
        rates = [(size, statistics.median(one.rate for one in taken)) for size, taken in found.items()]
        lines = {"from HTTP to the messenger": rates}
        keep("batches", Plot("The whole way by the size of posts", "events a post", "events/s", lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="1,100")
    parser.add_argument("--sync-always", action="store_true")
    parser.add_argument("--profile", choices=("ingest", "tracker", "notifier"))
    parser.add_argument("--keep", action="store_true", help="keep the curve for the plots")
    asyncio.run(main(parser.parse_args()))
