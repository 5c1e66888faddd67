"""Two of each service beside one of each, on the same servers: `python -m tests.benchmarks.scaling`.

Every event is told to one person, half of the people by one account and half by another. By turns one ingest,
one tracker and one notifier do the work, and two of each. All parts share this machine, so what counts is the
CPU of each part an event, the log that PostgreSQL writes for it, and what PostgreSQL's sessions wait for:
looked at 50 times a second, as sessions of services at work or waiting inside a transaction. `--keep` keeps
the figures for the model (`python -m tests.benchmarks.capacity`).
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

import aiohttp
import asyncpg

from tests.benchmarks.capacity import Measured
from tests.benchmarks.installation import SERVICES, Installation, installation
from tests.benchmarks.kit import Sample, Timed, measured
from tests.benchmarks.pipeline import BATCH, stored
from tests.benchmarks.streams import streamed
from tests.benchmarks.town import ACCOUNTS, STAGES, event
from tests.waiting import until

SERVERS = ("nats", "postgres")
LOOK_SECONDS = 0.02
SIZE = 50
LOOK = r"""
SELECT CASE WHEN state = 'active' THEN coalesce(wait_event_type || ': ' || wait_event, 'at work')
            ELSE 'idle inside a transaction' END AS what
FROM pg_stat_activity WHERE usename LIKE 'docwatch\_%' AND state IN ('active', 'idle in transaction')
"""
WRITTEN = """
SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint AS log,
    (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits
"""


@dataclass
class Waits:
    """What sessions of services did at each look, and how many looks there were."""

    looks: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def average(self, what: str) -> float:
        """Return how many sessions did this on the average."""
        return self.seen[what] / max(1, self.looks)


@dataclass(frozen=True)
class Round:
    """One round: the sample, bytes of log and commits an event, and what sessions did."""

    sample: Sample
    log: float
    commits: float
    waits: Waits


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Waits]:
    """Look at what sessions do for the length of the block."""
    found, connection = Waits(), await asyncpg.connect(url)

    async def look() -> None:
        while True:
            found.seen.update(row["what"] for row in await connection.fetch(LOOK))
            found.looks += 1
            await asyncio.sleep(LOOK_SECONDS)  # the pace of the looks

    task = asyncio.create_task(look())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await connection.close()


async def posted(found: Installation, bodies: Sequence[bytes], doors: Sequence[str]) -> None:
    """Post bodies through several ingests, four at once through each."""
    headers = {"Authorization": f"Bearer {found.secret}", **BATCH}
    waiting = iter(bodies)

    async def sender(client: aiohttp.ClientSession, door: str) -> None:
        for body in waiting:
            async with client.post(f"{door}/v1/events", data=body, headers=headers) as answer:
                if answer.status != 202:
                    raise SystemExit(f"{answer.status}: {await answer.text()}")

    async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as group:
        for door in doors:
            for _ in range(4):
                group.create_task(sender(client, door))


async def round_of(found: Installation, number: int, each: int) -> Round:
    """Post one stage of everybody's through so many of each service; return when all are told."""
    stage = STAGES[number % len(STAGES)]
    events = [event(f"r{number}-{one.chat}", one, stage) for one in found.people]
    bodies = [json.dumps(events[start : start + SIZE]).encode() for start in range(0, len(events), SIZE)]
    names = [found.named(service, one) for service in SERVICES for one in range(1, each + 1)]
    doors = [found.url(found.named("ingest", one)) for one in range(1, each + 1)]
    admin = await asyncpg.connect(found.servers.databases.admin)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(admin.close)
        client = await stack.enter_async_context(aiohttp.ClientSession())
        before, first = await found.told(client), await admin.fetchrow(WRITTEN)

        async def all_told() -> bool:
            return await found.told(client) - before >= len(events)

        async def work() -> Timed:
            started = time.monotonic()
            await posted(found, bodies, doors)
            await until(all_told, within=600, every=0.05)
            return Timed(time.monotonic() - started)

        async with looking(found.servers.databases.admin) as waits:
            sample = await measured(work, len(events), {one: found.pids[one] for one in (*names, *SERVERS)})
        last = await admin.fetchrow(WRITTEN)
    assert first is not None
    assert last is not None
    log, commits = ((last[one] - first[one]) / len(events) for one in ("log", "commits"))
    return Round(sample, log, commits - waits.looks / len(events), waits)


def cost(one: Sample, part: str) -> float:
    """Return the microseconds of CPU an event in all processes of a part."""
    return sum(one.cost(name) for name in one.cpu if name.partition("-")[0] == part)


def quietest(rounds: Sequence[Round]) -> Round:
    """Return the round in which an event cost least: whatever else the machine does only adds to it."""
    return min(rounds, key=lambda one: sum(one.sample.cost(name) for name in one.sample.cpu))


def table(found: Mapping[int, Sequence[Round]]) -> list[str]:
    """Return how both compare: the median rate, and costs in the round that was disturbed least."""
    parts = (*SERVICES, *SERVERS)
    titles = " | ".join(f"{part}, ms" for part in parts)
    lines = [
        f"| of each | events/s | {titles} | all, ms | log, kB | commits |",
        "|---" * (len(parts) + 5) + "|",
    ]
    for each, rounds in found.items():
        rate, least = statistics.median(one.sample.rate for one in rounds), quietest(rounds)
        costs, log, commits = [cost(least.sample, part) / 1000 for part in parts], least.log, least.commits
        cells = " | ".join(f"{one:.2f}" for one in costs)
        lines.append(
            f"| {each} | {rate:,.0f} | {cells} | {sum(costs):.2f} | {log / 1000:.1f} | {commits:.2f} |"
        )
    return lines


def waited(found: Mapping[int, Sequence[Round]]) -> list[str]:
    """Return what PostgreSQL's sessions did, as sessions on the average."""
    sums = {each: sum((one.waits.seen for one in rounds), Counter[str]()) for each, rounds in found.items()}
    looks = {each: sum(one.waits.looks for one in rounds) for each, rounds in found.items()}
    common = [what for what, _ in sum(sums.values(), Counter[str]()).most_common(10)]
    lines = [
        f"| sessions on the average | {' | '.join(f'{each} of each' for each in found)} |",
        "|---" * (len(found) + 1) + "|",
    ]
    for what in common:
        cells = " | ".join(f"{sums[each][what] / max(1, looks[each]):.2f}" for each in found)
        lines.append(f"| {what} | {cells} |")
    return lines


async def main(people: int, rounds: int, *, keep: bool) -> None:
    """Measure and print."""
    found: dict[int, list[Round]] = {1: [], 2: []}
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(installation(people, accounts=ACCOUNTS))
        before, turn = await stored(running), 0
        for number in range(rounds + 1):
            for each in found if number % 2 else reversed(found):
                async with running.more(each):
                    one = await round_of(running, turn, each)
                turn += 1
                if number:
                    found[each].append(one)
                sys.stderr.write(f"{number or 'warm'}, {each} of each: {one.sample.rate:,.0f}/s\n")
        after, events = await stored(running), turn * people
    kept = {one: (after[one] - before[one]) / events for one in after}
    print("\n".join([*table(found), "", *waited(found)]))
    if keep:
        least = quietest(found[2])
        Measured(
            version=version("docwatch"),
            on=datetime.now(UTC).date().isoformat(),
            cpu={part: round(cost(least.sample, part), 1) for part in (*SERVICES, *SERVERS)},
            log=round(least.log),
            commits=round(least.commits, 3),
            streamed=round(await streamed(3)),
            stored={one: round(value) for one, value in kept.items()},
        ).keep()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="keep the figures for the model")
    given = parser.parse_args()
    asyncio.run(main(given.people, given.rounds, keep=given.keep))
