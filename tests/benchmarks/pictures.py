"""Draws the dashboards of the documentation, from a real Prometheus that scrapes the real services.

`python -m tests.benchmarks.pictures` plays a month for two minutes and writes docs/pictures/docwatch-*.png.
Beside the month people write to the bot, a clerk prints receipts and makes mistakes, and outcomes are posted.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from cli.installation.local import ensure_secrets
from deploy.grafana.boards import BOARDS
from deploy.grafana.pictures import draw
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from sandbox.clients.follower import follow
from sandbox.clients.telegram import sandbox_client
from services.ingest.callbacks.post import secret_of
from tests.faults.harness import Harness, harness, prepared
from tests.faults.prometheus import prometheus
from tests.faults.secrecy import block, event, feed
from tests.integration.ingest.receiving import SALT, receiving, subscribe

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
SECONDS = 90.0
LAST_SECONDS = 8.0
SAID = (
    "/status",
    "Where is my passport?",
    "/status",
    "What must I bring?",
    "When is it ready?",
    "Do you sell stamps?",
)
"""What followers write; the bot has no meaning for the last."""
PEOPLE, WRITING_SECONDS, CLERK_SECONDS = 12, 0.4, 1.0
PARKED = 30
"""Which of the clerk's events names a stage that the catalogue does not know."""


async def take() -> None:
    """Play, scrape, draw."""
    with pytest.MonkeyPatch.context() as patch, prepared(patch) as home:
        async with harness(applications=400, citizens=250) as stack, posted(stack):
            targets = [url.removeprefix("http://") for url in stack.running.addresses.ops.values()]
            async with prometheus(home / "prometheus", targets) as server:
                started = time.time()
                assert stack.running.player is not None
                await block(stack)
                beside = [asyncio.create_task(one) for one in (talk(stack), clerk(stack))]
                async with asyncio.TaskGroup() as both:
                    both.create_task(stack.running.player.play(SECONDS))
                    await feed(stack)
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await SystemClock().sleep(LAST_SECONDS)
                ended = time.time()
                for board in BOARDS:
                    path = FOLDER / f"{board.uid}.png"
                    await asyncio.to_thread(draw, board, server.url, started, ended, path)
                    print(path)


async def talk(stack: Harness) -> None:
    """Have some people follow something and then write to the bot for as long as they are let."""
    assert stack.running.player is not None
    assert stack.running.stored is not None
    assert stack.running.addresses.phone is not None
    async with sandbox_client(stack.running.addresses.phone) as phone:
        people = []
        for receipt in stack.running.stored.month.receipts[:PEOPLE]:
            people.append(await phone.create_citizen("Asker", "en"))
            await follow(
                phone, people[-1], stack.running.player.printed[receipt.receipt_id].links["telegram"]
            )
        for number in itertools.count():
            await phone.say(people[number % PEOPLE], SAID[number % len(SAID)])
            await SystemClock().sleep(WRITING_SECONDS)


async def clerk(stack: Harness) -> None:
    """Print receipts, and send events that are wrong or that the catalogue does not know."""
    key = ensure_secrets(stack.settings.folder)["LOCAL_SAMPLE_KEY"]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"}
    async with aiohttp.ClientSession(stack.running.addresses.ingest, headers=headers) as client:
        for number in itertools.count():
            name = f"AB-{500_000_000 + number}"
            receipt = {
                "receipt_id": f"clerk-{number}",
                "application_number": name,
                "document_type": "id_card",
            }
            fields = {"stage": "nowhere"} if number == PARKED else {"office": name}
            for path, body in (
                ("/v1/receipts", receipt),
                ("/v1/events", event(f"clerk-{number}", name, **fields)),
            ):
                async with client.post(path, json=body) as answer:
                    await answer.read()
            await SystemClock().sleep(CLERK_SECONDS)


@asynccontextmanager
async def posted(stack: Harness) -> AsyncIterator[None]:
    """Have outcomes posted to a receiver for the length of the block."""
    key = bytes.fromhex(ensure_secrets(stack.settings.folder)["DOCWATCH_RECEIPT_KEY"])
    url = stack.running.servers.databases["ingest"]
    async with receiving(secret_of(key, "sample", SALT)) as office, open_pool(url, "ingest", size=2) as pool:
        await subscribe(pool, "sample", office.url)
        yield


if __name__ == "__main__":
    asyncio.run(take())
