"""People who ask again and again, say whether the answer was the one they wanted, and look at their page."""

import asyncio
import itertools
from collections.abc import Mapping

import aiohttp

from runtime.clock import SystemClock
from sandbox.clients.telegram import SandboxClient, sandbox_client
from services.notifier.wording.keyboard.answer_data import Answering, parse

ASKED: Mapping[str, tuple[str, ...]] = {
    "uk": ("скільки коштує паспорт", "забрати або подати в іншому місті", "бузиновий кошик"),
    "ru": ("сколько стоит загранпаспорт", "получить или подать в другом городе", "бузинная корзина"),
    "en": ("how much does a passport cost", "collect or apply in another town", "elderberry basket"),
}
"""By language what is answered, what others are near to, and what nobody can answer."""
PAUSE_SECONDS = 0.3


async def ask_again(url: str) -> None:
    """Ask in every language, and say yes and no by turns, until cancelled."""
    async with sandbox_client(url) as phone:
        people = [(await phone.create_citizen("Asker", language), asked) for language, asked in ASKED.items()]
        for turn in itertools.count():
            for citizen, asked in people:
                await phone.say(citizen, asked[turn % len(asked)])
                await SystemClock().sleep(PAUSE_SECONDS)
                await _judge(phone, citizen, "yes" if turn // len(asked) % 2 else "no")


async def look_again(url: str) -> None:
    """Open the citizens' page until cancelled; a rate is known only of what happens more than once."""
    async with aiohttp.ClientSession() as browser:
        while True:
            async with browser.get(f"{url}/p") as answer:
                await answer.read()
            await SystemClock().sleep(PAUSE_SECONDS)


async def _judge(phone: SandboxClient, citizen: int, verb: str) -> None:
    """Say of the last answer whether it was the one, where that is asked."""
    said = await phone.messages(citizen)
    for button in itertools.chain.from_iterable(said[-1].get("buttons") or [] if said else []):
        tap = parse(button.get("data") or "")
        if isinstance(tap, Answering) and tap.verb == verb:
            await phone.press(citizen, said[-1]["message_id"], button["data"])


async def ended(*tasks: asyncio.Task[None]) -> None:
    """Cancel those who go on and on, and wait."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
