"""The patient person in Viber: opens the link, presses yes, and tries again where no answer came."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from sandbox.clients.follower import follow_by_viber
from sandbox.clients.viber import ViberClient
from tests.integration.viber_simulator.conftest import LINK, SENDER, Bot, Hook

SILENCE = 0.3
KEYBOARD = {"Type": "keyboard", "Buttons": [{"ActionBody": "yes:tok_en-1", "Text": "Yes"}]}
WELCOME = orjson.dumps({"type": "text", "text": "Follow it?", "sender": SENDER, "keyboard": KEYBOARD})


@asynccontextmanager
async def answering(bot: Bot, hook: Hook, lost: Sequence[int]) -> AsyncIterator[list[str]]:
    """Ask and confirm as the bot does, but lose the answers of these numbers; yield what people did."""
    done: list[str] = []

    async def answer() -> None:
        while True:
            hook.welcome = b"" if len(done) in lost else WELCOME
            await hook.until(lambda hook: len(hook.events("conversation_started", "message")) > len(done))
            event = hook.events("conversation_started", "message")[len(done)]
            done.append("open" if event["event"] == "conversation_started" else "tap")
            if event["event"] == "message" and len(done) - 1 not in lost:
                await bot.text(event["sender"]["id"], "Followed")

    answers = asyncio.create_task(answer())
    try:
        yield done
    finally:
        answers.cancel()
        await asyncio.gather(answers, return_exceptions=True)


async def test_one_scan_and_one_press_follow_a_document(
    viber: ViberClient, bot: Bot, live: Hook, olena: int
) -> None:
    """Where every answer arrives nobody does anything twice."""
    async with answering(bot, live, lost=()) as done, asyncio.timeout(20):
        await follow_by_viber(viber, olena, f"{LINK}&context=tok_en-1")

    assert ["open", "tap"] == done


async def test_whoever_hears_nothing_tries_again(
    viber: ViberClient, bot: Bot, live: Hook, olena: int
) -> None:
    """A lost question is asked for again, and a press whose answer was lost is repeated."""
    async with answering(bot, live, lost=(0, 2)) as done, asyncio.timeout(20):
        await follow_by_viber(viber, olena, f"{LINK}&context=tok_en-1", silence=SILENCE)

    assert ["open", "open", "tap", "tap"] == done
