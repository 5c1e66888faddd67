"""Texts to the simulated provider: `python -m tests.benchmarks.sms_sending plain|channel URL TEXTS AT_ONCE`.

`plain` posts JSON by aiohttp's session and reads the answer's, nothing else; `channel` is our channel by a
described gateway, with parts counted, templates filled in, answers bounded and sorted.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import aiohttp
import uvloop

from runtime.clock import SystemClock
from sandbox.settings import SMS_KEY, SMS_SIGNING_KEY, SMS_WEBHOOK_SECRET
from sandbox.sms.description import description
from sandbox.sms.gateway import PATH
from sandbox.sms.model import number_of
from services.notifier.channels.sms.opening import SECRETS, open_by_gateway
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Accepted
from services.notifier.wording.markup import literal

TEXT = "Є новини про ваш документ. https://docs.agency.example/r/sms"
CITIZENS = 100
KEYS = dict(zip(SECRETS, (SMS_KEY, SMS_WEBHOOK_SECRET, SMS_SIGNING_KEY), strict=True))
Send = Callable[[int], Awaitable[None]]


@asynccontextmanager
async def plain(url: str, at_once: int) -> AsyncIterator[Send]:
    """Post as an example of aiohttp's documentation does."""
    headers = {"Authorization": f"Bearer {SMS_KEY}"}
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def send(number: int) -> None:
            body = {
                "to": number_of(number % CITIZENS + 1),
                "from": "Agency",
                "text": TEXT,
                "unicode": True,
                "reference": str(UUID(int=number)),
                "report_to": "",
            }
            async with session.post(f"{url}{PATH}", json=body) as answer:
                assert (await answer.json())["message"]["id"]

        yield send


@asynccontextmanager
async def channel(url: str, at_once: int) -> AsyncIterator[Send]:
    """Send as the notifier does."""
    message = Message(literal(TEXT))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "gateway.yaml"
        file.write_text(description(url).replace("{posts}", ""), "utf-8")
        async with open_by_gateway(
            file, KEYS, public_url=url, sender="Agency", clock=SystemClock(), connections=at_once
        ) as opened:

            async def send(number: int) -> None:
                address, key = number_of(number % CITIZENS + 1), UUID(int=number)
                assert isinstance(await opened.channel.send(address, message, key), Accepted)

            yield send


async def keep_sending(send: Send, numbers: Iterator[int]) -> None:
    """Send one text after the other until there are no numbers left."""
    for number in numbers:
        await send(number)


async def main(side: str, url: str, count: int, at_once: int) -> None:
    """Send and print the seconds and the CPU seconds."""
    async with (plain if side == "plain" else channel)(url, at_once) as send:
        await send(0)
        numbers = iter(range(count))
        began, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(keep_sending(send, numbers) for _ in range(at_once)))
        print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
