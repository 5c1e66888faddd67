"""Draws the dashboards of the documentation, from a real Prometheus that scrapes the real services.

`python -m tests.benchmarks.pictures` plays a month for two minutes and writes docs/pictures/docwatch-*.png.
"""

import asyncio
import time
from pathlib import Path

import pytest

from deploy.grafana.boards import BOARDS
from deploy.grafana.pictures import draw
from runtime.clock import SystemClock
from tests.faults.harness import harness, prepared
from tests.faults.prometheus import prometheus
from tests.faults.secrecy import block, feed

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
SECONDS = 90.0
LAST_SECONDS = 8.0


async def take() -> None:
    """Play, scrape, draw."""
    with pytest.MonkeyPatch.context() as patch, prepared(patch) as home:
        async with harness(applications=400, citizens=250) as stack:
            targets = [url.removeprefix("http://") for _, url in stack.running.addresses.services()]
            async with prometheus(home / "prometheus", targets) as server:
                started = time.time()
                assert stack.running.player is not None
                await block(stack)
                async with asyncio.TaskGroup() as both:
                    both.create_task(stack.running.player.play(SECONDS))
                    await feed(stack)
                await SystemClock().sleep(LAST_SECONDS)
                ended = time.time()
                for board in BOARDS:
                    path = FOLDER / f"{board.uid}.png"
                    await asyncio.to_thread(draw, board, server.url, started, ended, path)
                    print(path)


if __name__ == "__main__":
    asyncio.run(take())
