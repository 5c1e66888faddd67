"""What a stuck account costs the other one: `python -m tests.benchmarks.side_by_side`.

One notifier sends through two bots of the simulated Telegram. Notices go out by the first while the second is
well, and while every call of the second hangs with a queue behind it, by turns. Prints how long a notice of
the first took from its making to the end of its call, in milliseconds.
"""

import argparse
import asyncio
import itertools
import statistics
from collections.abc import Sequence

import nats

from contracts.messages.notice import Notice
from tests.benchmarks.kit import servers
from tests.integration.notifier.side_by_side import ACCOUNTS, Pair, side_by_side

PEOPLE = 40
EVERY_SECONDS = 0.025
TOOK = """
SELECT extract(epoch FROM ended_at - created_at)::float8 * 1000 FROM delivery
WHERE id = ANY ($1) AND state = 'accepted'
"""


async def took(pair: Pair, count: int) -> Sequence[float]:
    """Send so many notices through the first account, one after the other; return what each took, in ms."""
    told: list[Notice] = []
    for place in itertools.islice(itertools.cycle(range(PEOPLE)), count):
        told += await pair.tell(ACCOUNTS[0], 1, of=place)
        await asyncio.sleep(EVERY_SECONDS)  # the pace of the load, not a wait
    await pair.all_accepted(told)
    return [row[0] for row in await pair.pool.fetch(TOOK, [one.notice_id for one in told])]


async def main(rounds: int, count: int) -> None:
    """Measure and print."""
    second = ACCOUNTS[1]
    figures: dict[str, list[float]] = {"well": [], "hanging": []}
    async with servers() as parts:
        client = await nats.connect(parts.nats_url)
        for _ in range(rounds):
            for state in figures:
                async with side_by_side(parts.nats_url, client, parts.databases, people=PEOPLE) as pair:
                    if state == "hanging":
                        await pair.phones[second].lay_fault("hang", times=100_000, seconds=600)
                        await pair.tell(second, PEOPLE)
                        await pair.begun(second)
                    await took(pair, PEOPLE)
                    figures[state] += await took(pair, count)
        await client.close()
    print("| the other account | p50, ms | p99, ms | notices |\n|---|---|---|---|")
    for state, found in figures.items():
        hundredths = statistics.quantiles(found, n=100)
        print(f"| {state} | {hundredths[49]:.1f} | {hundredths[98]:.1f} | {len(found)} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--notices", type=int, default=400)
    given = parser.parse_args()
    asyncio.run(main(given.rounds, given.notices))
