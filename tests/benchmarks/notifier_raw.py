"""The raw limit of the notifier: `python -m tests.benchmarks.notifier_raw TRANSPORT URL MESSAGES AT_ONCE`.

python-telegram-bot's `send_message` alone, over our aiohttp transport or over its own default one: no queue,
no order, no record of what was sent.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import uvloop
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.request import HTTPXRequest

from sandbox.settings import SandboxSettings
from services.notifier.channels.telegram.transport import AiohttpRequest, Timeouts
from tests.benchmarks.town import FIRST_CHAT

TEXT = (
    "<b>National identity card</b>, No. …0001\n<b>Being made</b>\nStep 3 of 6  ●●●○○○\n\n"
    "The details have been checked. Your document is being made.\n\n"
    "The finished document will be sent to the office. There is no need to come yet.\n\n"
    "As of 23 November 2026, 02:05"
)
KEYS = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Where is it now?", callback_data="st")],
        [
            InlineKeyboardButton("Office hours", callback_data="o:0"),
            InlineKeyboardButton("More", callback_data="m:0"),
        ],
        [InlineKeyboardButton("Stop messages", callback_data="s:0")],
    ]
)


async def send(bot: Bot, numbers: Iterator[int]) -> None:
    """Send one message after the other until there are no numbers left."""
    preview = LinkPreviewOptions(is_disabled=True)
    for number in numbers:
        await bot.send_message(
            FIRST_CHAT + number,
            TEXT,
            parse_mode="HTML",
            reply_markup=KEYS,
            protect_content=True,
            link_preview_options=preview,
        )


async def main(transport: str, url: str, count: int, at_once: int) -> None:
    """Send and print the seconds and the CPU seconds."""
    async with AsyncExitStack() as stack:
        if transport == "aiohttp":
            request = AiohttpRequest(Timeouts(), at_once + 8)
            await stack.enter_async_context(request)
            bot = Bot(SandboxSettings().bot_token, f"{url}/bot", request=request, get_updates_request=request)
        else:
            plain = HTTPXRequest(connection_pool_size=256, pool_timeout=60)
            bot = Bot(SandboxSettings().bot_token, f"{url}/bot", request=plain)
            await stack.enter_async_context(bot)
        numbers = iter(range(count))
        began, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(send(bot, numbers) for _ in range(at_once)))
        print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
