"""Memory over a long run of the whole way: `python -m tests.benchmarks.memory --events 1000000`.

Stage after stage of everybody's is posted and told, as in `pipeline`; printed is what each service kept in
memory at the most in each tenth of the run, and by how much that grew from the second tenth to the last.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence

from tests.benchmarks.installation import SERVICES, installation
from tests.benchmarks.pipeline import round_of
from tests.faults.looking import memory

TENTHS = 10
FLAT_MIB = 20.0
"""What a service may grow by from the second tenth to the last: some 20 bytes an event of a million."""


async def run(events: int, people: int, size: int) -> list[Mapping[str, float]]:
    """Return the most memory (MiB) of each service in each tenth."""
    rounds = max(TENTHS, events // people)
    tenths: list[dict[str, float]] = [dict.fromkeys(SERVICES, 0.0) for _ in range(TENTHS)]
    async with installation(people) as running:
        for number in range(rounds):
            sample = await round_of(running, number, size=size)
            tenth = tenths[number * TENTHS // rounds]
            for name in SERVICES:
                tenth[name] = max(tenth[name], memory(running.pids[name]))
            sys.stderr.write(f"{(number + 1) * people:,} events, {sample.rate:,.0f}/s, {tenth}\n")
    return [*tenths]


def growth(tenths: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return by how many MiB each service grew once it was warm."""
    return {name: tenths[-1][name] - tenths[1][name] for name in SERVICES}


def main() -> int:
    """Run once and print; return 1 where a service grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--size", type=int, default=500, help="events a post")
    chosen = parser.parse_args()
    tenths = asyncio.run(run(chosen.events, chosen.people, chosen.size))
    print(f"| events | {', MiB | '.join(SERVICES)}, MiB |")
    print("|---" * (len(SERVICES) + 1) + "|")
    for number, tenth in enumerate(tenths, 1):
        cells = " | ".join(f"{tenth[name]:.0f}" for name in SERVICES)
        print(f"| {chosen.events * number // TENTHS:,} | {cells} |")
    grown = growth(tenths)
    told = ", ".join(f"{name} {by:+.0f}" for name, by in grown.items())
    print(f"\nFrom the second tenth to the last, MiB: {told}; at most {FLAT_MIB:+.0f} is flat.")
    return 0 if max(grown.values()) <= FLAT_MIB else 1


if __name__ == "__main__":
    raise SystemExit(main())
