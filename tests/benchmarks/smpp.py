"""SMS by SMPP against the raw limit: `python -m tests.benchmarks.smpp [--texts N]`.

Texts handed over to the simulated message centre, which runs in a process of its own, by our transport and by
smpp34's client alone, with the same window.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from tests.benchmarks.comparing import compare
from tests.benchmarks.kit import ROOT, ROUNDS, Sample, in_turns, program

COMMAND = "python -m tests.benchmarks.smpp"
TEXTS, WINDOW = 5_000, 50
BAR = 0.5


@asynccontextmanager
async def centre() -> AsyncIterator[int]:
    """Run the simulated centre; yield its port."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.smpp_raw", "centre"),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    assert running.stdin is not None
    try:
        yield int(await running.stdout.readline())
    finally:
        running.stdin.close()
        await running.wait()


async def main(chosen: argparse.Namespace) -> None:
    """Measure and print."""
    async with centre() as port:

        async def measured(side: str, _: int) -> Sample:
            took = await program("smpp_raw", side, str(port), str(chosen.texts), str(WINDOW))
            return Sample(chosen.texts, took["seconds"], {"client": took["cpu"]})

        sides = {
            "smpp34 alone": partial(measured, "smpp34"),
            "our transport": partial(measured, "transport"),
        }
        samples = await in_turns(sides, chosen.rounds)
    print(compare("SMS by SMPP, a window of 50", samples, command=COMMAND, bar=BAR).markdown())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=TEXTS)
    parser.add_argument("--rounds", type=int, default=2 * ROUNDS)
    asyncio.run(main(parser.parse_args()))
