"""Fresh installations: does any cost its database more than others? `python -m tests.benchmarks.fresh`.

Each is made anew, takes so many events by single posts and is thrown away: plans are made before the first
statistics, and statistics come when they will. Prints PostgreSQL's CPU an event of each, and what took longer
than the threshold, with its plan. The exit status is 1 where one costs more than twice the median.
"""

import argparse
import asyncio
import statistics
import sys
from pathlib import Path

from tests.benchmarks.installation import installation
from tests.benchmarks.kit import Sample
from tests.benchmarks.pipeline import round_of

MOST = 2.0
"""The most that an installation may cost, in medians of all."""
SLOW_PLANS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
}
PLAN = "plan:"


def slow_plans(log: Path) -> list[str]:
    """Return what PostgreSQL's log says of slow statements: each with its plan, as it stands there."""
    found: list[str] = []
    within = False
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        begins = "LOG:" in line and line.rstrip().endswith(PLAN)
        within = begins or (within and line.startswith("\t"))
        if within:
            found.append(line)
    return found


async def one(people: int, threshold: int) -> tuple[Sample, list[str]]:
    """Make an installation, tell everybody one stage, and return what it cost and its slow statements."""
    told = {**SLOW_PLANS, "auto_explain.log_min_duration": f"{threshold}ms"}
    async with installation(people, database=told) as running:
        sample = await round_of(running, 0, size=1)
        return sample, slow_plans(running.servers.postgres.log)


async def main(chosen: argparse.Namespace) -> int:
    """Measure and print."""
    samples = []
    for number in range(1, chosen.installations + 1):
        sample, slow = await one(chosen.people, chosen.threshold)
        samples.append(sample)
        sys.stderr.write(
            f"{number}: {sample.cost('postgres') / 1000:.2f} ms an event, {sample.rate:,.0f}/s\n"
        )
        for line in slow:
            sys.stderr.write(f"    {line}\n")
    costs = [sample.cost("postgres") / 1000 for sample in samples]
    median = statistics.median(costs)
    print(
        f"{len(costs)} fresh installations, {chosen.people} events each: PostgreSQL {median:.2f} ms of CPU"
        f" an event ({min(costs):.2f}-{max(costs):.2f}),"
        f" the dearest {max(costs) / median:.2f} times the median; at most {MOST:g} is wanted."
    )
    return int(max(costs) > MOST * median)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--installations", type=int, default=30)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--threshold", type=int, default=50, help="milliseconds of a slow statement")
    sys.exit(asyncio.run(main(parser.parse_args())))
