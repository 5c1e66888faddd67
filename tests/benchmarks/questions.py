"""What questions cost pushes: `python -m tests.benchmarks.questions [--rate 20] [--pushes 10]`.

The whole installation on this machine with the simulated Telegram. Notices go out at a steady pace, by turns
with nobody who asks and with people who ask in their own words, all different ones. A push takes from its
publication until the messenger has it, an answer from the phone to the phone.
"""

import argparse
import asyncio
import itertools
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import pytest

from contracts.messages.ids import RecipientId
from runtime.clock import SystemClock
from sandbox.clients.telegram import sandbox_client
from tests.benchmarks.conversation import Phones, newcomers, push
from tests.benchmarks.understanding import held_out
from tests.faults.harness import Harness, harness, prepared
from tests.waiting import until

MOST_RATIO = 1.5
"""How much the slowest pushes may suffer, for noise alone makes a third here."""
TOOK = """
SELECT extract(epoch FROM ended_at - (payload->>'created_at')::timestamptz)::float8 AS took
FROM notifier.delivery
WHERE payload->>'publisher' = 'bench' AND ended_at IS NOT NULL AND created_at >= $1
"""
OPEN = "SELECT count(*) FROM notifier.delivery WHERE ended_at IS NULL"


@dataclass(frozen=True)
class Turn:
    """Seconds that pushes and answers took in one turn, sorted."""

    pushes: Sequence[float]
    answers: Sequence[float]


@dataclass(frozen=True)
class Pace:
    """Questions and notices a second, and the seconds of a turn."""

    rate: float
    pushes: float
    seconds: float


@dataclass(frozen=True)
class Town:
    """The installation, the phones, those who ask, and others whom pushes go to."""

    running: Harness
    phones: Phones
    askers: Sequence[int]
    others: list[RecipientId]


async def turn(town: Town, pace: Pace, *, asked: bool) -> Turn:
    """Let pushes go out for some seconds, with people who ask or without."""
    servers = town.running.running.servers
    database = await asyncpg.connect(servers.admin)
    try:
        began, stop = await database.fetchval("SELECT clock_timestamp()"), asyncio.Event()
        pushing = asyncio.create_task(push(servers.nats["provision"], town.others, pace.pushes, stop))
        answers = await _ask(town, pace) if asked else await _wait(pace)
        stop.set()
        await pushing

        async def done() -> bool:
            return not await database.fetchval(OPEN)

        await until(done, within=60)
        took = sorted(row["took"] for row in await database.fetch(TOOK, began))
    finally:
        await database.close()
    return Turn(took, answers)


async def _ask(town: Town, pace: Pace) -> Sequence[float]:
    """Have people ask, evenly spread, one after the other; return how long each waited."""
    turns, texts = itertools.cycle(town.askers), itertools.cycle([ask.text for ask in held_out()])
    clock, asking = SystemClock(), []
    began = clock.monotonic()
    for number in range(int(pace.rate * pace.seconds)):
        await clock.sleep(max(0.0, began + number / pace.rate - clock.monotonic()))
        asking.append(asyncio.create_task(town.phones.say(next(turns), next(texts))))
    return sorted(await asyncio.gather(*asking))


async def _wait(pace: Pace) -> Sequence[float]:
    await SystemClock().sleep(pace.seconds)
    return ()


async def _followers(running: Harness) -> list[RecipientId]:
    """Return who follows something before anybody asks: whoever asks must not be told anything else."""
    database = await asyncpg.connect(running.running.servers.admin)
    try:
        rows = await database.fetch("SELECT id FROM notifier.recipient WHERE consented_at IS NOT NULL")
    finally:
        await database.close()
    return [RecipientId(row["id"]) for row in rows]


async def measure(pace: Pace, askers: int, turns: int) -> int:
    """Run it, print what was found; return 1 where pushes suffer more than they may."""
    alone, beside = [], []
    async with harness(applications=60, citizens=50) as running:
        await running.play()
        await running.books()
        url = running.running.addresses.phone
        assert url is not None
        others = await _followers(running)
        async with sandbox_client(url) as client, asyncio.TaskGroup() as group:
            phones, open_ = Phones(client), asyncio.Event()
            watching = group.create_task(phones.watch(url, open_))
            await open_.wait()
            people = await newcomers(running, client, phones, askers)
            phones.waiting.clear()
            town = Town(running, phones, people, others)
            for _ in range(turns):
                alone.append(await turn(town, pace, asked=False))
                beside.append(await turn(town, pace, asked=True))
            watching.cancel()
    return report(alone, beside, pace)


def report(alone: Sequence[Turn], beside: Sequence[Turn], pace: Pace) -> int:
    """Print medians over the turns; return 1 where the bar is not held."""
    print(f"| {pace.pushes:g} notices/s | p50, ms | p99, ms | pushes |\n| --- | --- | --- | --- |")
    for name, found in (("alone", alone), (f"beside {pace.rate:g} questions/s", beside)):
        count = sum(len(one.pushes) for one in found)
        print(f"| {name} | {_of(found, 0.5) * 1000:.0f} | {_of(found, 0.99) * 1000:.0f} | {count} |")
    answers = sorted(itertools.chain.from_iterable(one.answers for one in beside))
    ratio = _of(beside, 0.99) / _of(alone, 0.99)
    print(
        f"\n{len(answers)} first answers: p50 {_at(answers, 0.5) * 1000:.0f} ms, "
        f"p99 {_at(answers, 0.99) * 1000:.0f} ms. "
        f"The slowest pushes take {ratio:.2f} of what they take alone; at most {MOST_RATIO:g} is wanted."
    )
    return int(ratio > MOST_RATIO)


def _of(turns: Sequence[Turn], share: float) -> float:
    return statistics.median(_at(one.pushes, share) for one in turns)


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[int((len(ordered) - 1) * share)]


def main() -> int:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--askers", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20.0, help="questions a second")
    parser.add_argument("--pushes", type=float, default=10.0, help="notices a second")
    parser.add_argument("--seconds", type=float, default=15.0, help="of a turn")
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args()
    with pytest.MonkeyPatch.context() as monkeypatch, prepared(monkeypatch):
        os.environ["DOCWATCH_RATE_GLOBAL"] = "1000"
        os.environ["DOCWATCH_RATE_CHAT"] = "100"
        pace = Pace(chosen.rate, chosen.pushes, chosen.seconds)
        return asyncio.run(measure(pace, chosen.askers, chosen.turns))


if __name__ == "__main__":
    raise SystemExit(main())
