"""The patient person: scans, taps yes, and tries again where no answer came."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update

from sandbox.clients.follower import follow
from sandbox.clients.telegram import SandboxClient
from tests.integration.telegram_simulator.conftest import SETTINGS

LINK = f"https://t.me/{SETTINGS.bot_username}?start=tok_en-1"
QUESTION = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes:tok_en-1")]])
SILENCE = 0.3


@asynccontextmanager
async def answering(bot: Bot, lost: Sequence[int]) -> AsyncIterator[list[str]]:
    """Ask and confirm as the bot does, but lose the answers of these numbers; yield what people did."""
    done: list[str] = []

    async def answer(update: Update) -> None:
        done.append("open" if update.message else "tap")
        if len(done) - 1 in lost:
            return
        if update.message is not None:
            await bot.send_message(update.message.chat_id, "Follow it?", reply_markup=QUESTION)
        elif update.callback_query is not None and update.callback_query.message is not None:
            asked = update.callback_query.message
            await bot.edit_message_text("Followed", asked.chat.id, asked.message_id)

    async def poll() -> None:
        offset = 0
        while True:
            for update in await bot.get_updates(offset, timeout=5):
                offset = update.update_id + 1
                await answer(update)

    polling = asyncio.create_task(poll())
    try:
        yield done
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


async def test_one_scan_and_one_tap_follow_a_document(phone: SandboxClient, bot: Bot) -> None:
    """Where every answer arrives nobody does anything twice."""
    citizen = await phone.create_citizen("Олена")

    async with answering(bot, lost=()) as done, asyncio.timeout(20):
        await follow(phone, citizen, LINK)

    assert ["open", "tap"] == done


async def test_whoever_hears_nothing_tries_again(phone: SandboxClient, bot: Bot) -> None:
    """A lost question is asked for again, and a tap whose answer was lost is repeated."""
    citizen = await phone.create_citizen("Олена")

    async with answering(bot, lost=(0, 2)) as done, asyncio.timeout(20):
        await follow(phone, citizen, LINK, silence=SILENCE)

    assert ["open", "open", "tap", "tap"] == done
