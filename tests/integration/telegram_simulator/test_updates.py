"""How updates reach the bot: long polling with python-telegram-bot, and the webhook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict

from sandbox.clients.telegram import SandboxClient
from tests.integration.telegram_simulator.conftest import SETTINGS

SECRET = "s-e_1" * 2


@dataclass
class Receiver:
    """A bot's webhook that answers as it is told and keeps what came."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    got: list[tuple[dict[str, Any], str | None]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        """Keep what came and answer as told."""
        self.got.append((await request.json(), request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        self.came.set()
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        return web.Response(status=status, headers=headers)

    async def until(self, count: int) -> None:
        """Return when so many posts have come."""
        async with asyncio.timeout(10):
            while len(self.got) < count:
                self.came.clear()
                await self.came.wait()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.add_routes([web.post("/hook", receiver.handle)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield receiver
    finally:
        await runner.cleanup()


def texts(updates: tuple[Update, ...]) -> list[str | None]:
    return [update.message.text if update.message else None for update in updates]


async def test_the_offset_confirms(bot: Bot, phone: SandboxClient) -> None:
    """Updates come again until a higher offset confirms them; ids only grow."""
    citizen = await phone.create_citizen("Олена")
    for text in ("/start", "one", "two"):
        await phone.say(citizen, text)

    first = await bot.get_updates(limit=2)
    again = await bot.get_updates()
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    newest = await bot.get_updates(offset=-1)

    assert ["/start", "one"] == texts(first)
    assert ["/start", "one", "two"] == texts(again)
    assert ["two"] == texts(rest) == texts(newest)
    assert sorted(update.update_id for update in again) == [update.update_id for update in again]


async def test_a_long_poll_wakes_at_once(bot: Bot, phone: SandboxClient) -> None:
    """A poll that waits returns as soon as somebody writes."""
    citizen = await phone.create_citizen("Олена", "ru")
    waiting = asyncio.create_task(bot.get_updates(timeout=40))
    await polling(phone, 1)

    await phone.say(citizen, "/start abc")

    async with asyncio.timeout(5):
        (update,) = await waiting
    assert update.message is not None
    assert update.message.from_user is not None
    assert ("/start abc", "ru") == (update.message.text, update.message.from_user.language_code)
    assert ["bot_command"] == [entity.type for entity in update.message.entities]


async def polling(phone: SandboxClient, calls: int) -> None:
    """Return when so many polls have come in."""
    async with asyncio.timeout(5):
        while len(await phone.calls("getUpdates")) < calls:
            pass


async def test_a_second_poller_ends_the_first(base_url: str, bot: Bot, phone: SandboxClient) -> None:
    """Of two polls at once the older is ended with a conflict, the newer goes on."""
    citizen = await phone.create_citizen("Олена")
    older = asyncio.create_task(bot.get_updates(timeout=40))
    await polling(phone, 1)
    async with Bot(SETTINGS.bot_token, base_url=f"{base_url}/bot") as rival:
        newer = asyncio.create_task(rival.get_updates(timeout=40))

        with pytest.raises(Conflict, match=r"(?i)terminated by other getUpdates request"):
            await older
        await phone.say(citizen, "/start")
        assert ["/start"] == texts(await newer)


async def test_only_kinds_asked_for_come(bot: Bot, phone: SandboxClient) -> None:
    """allowed_updates holds from the call on, for later calls, too."""
    citizen = await phone.create_citizen("Олена")
    await bot.get_updates(allowed_updates=["my_chat_member"])

    await phone.say(citizen, "/start")
    await phone.block(citizen)
    await phone.block(citizen, blocked=False)

    changes = [update.my_chat_member for update in await bot.get_updates()]
    assert ["kicked", "member"] == [one.new_chat_member.status for one in changes if one]
    assert ["member", "kicked"] == [one.old_chat_member.status for one in changes if one]


async def test_a_webhook_gets_updates_with_its_secret(bot: Bot, phone: SandboxClient) -> None:
    """With a webhook set, updates are posted with the secret in the header, and polling is a conflict."""
    citizen = await phone.create_citizen("Олена")
    await phone.say(citizen, "waiting")
    async with receiving() as receiver:
        await bot.set_webhook(receiver.url, secret_token=SECRET, max_connections=5)
        await receiver.until(1)
        await phone.say(citizen, "later")
        await receiver.until(2)

        with pytest.raises(Conflict, match=r"(?i)can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        info = await bot.get_webhook_info()
        await bot.delete_webhook()

    assert ["waiting", "later"] == [update["message"]["text"] for update, _ in receiver.got]
    assert {SECRET} == {secret for _, secret in receiver.got}
    assert (receiver.url, 5) == (info.url, info.max_connections)


async def test_a_webhook_is_tried_again_until_it_answers(bot: Bot, phone: SandboxClient) -> None:
    """An update is posted anew after a 500 and after a 429 with Retry-After, in order, then confirmed."""
    citizen = await phone.create_citizen("Олена")
    async with receiving() as receiver:
        receiver.answers = [(500, {}), (429, {"Retry-After": "0"})]
        await bot.set_webhook(receiver.url)
        await phone.say(citizen, "one")
        await phone.say(citizen, "two")
        await receiver.until(4)
        info = await bot.get_webhook_info()

    assert ["one", "one", "one", "two"] == [update["message"]["text"] for update, _ in receiver.got]
    assert info.last_error_message is not None
    assert "429" in info.last_error_message


async def test_setting_a_webhook_ends_a_poll(bot: Bot, phone: SandboxClient) -> None:
    """A poll that waits is ended with a conflict when a webhook is set."""
    waiting = asyncio.create_task(bot.get_updates(timeout=40))
    await polling(phone, 1)

    async with receiving() as receiver:
        await bot.set_webhook(receiver.url)
        with pytest.raises(Conflict, match=r"(?i)terminated by setWebhook request"):
            await waiting


@pytest.mark.parametrize(
    ("url", "secret", "why"),
    [
        ("http://example.org/", "", "HTTPS URL must be provided"),
        ("https://example.org:444/", "", "only on ports"),
        ("https://example.org/", "ä", "unallowed characters"),
    ],
)
async def test_a_bad_webhook_is_refused(bot: Bot, url: str, secret: str, why: str) -> None:
    """A webhook elsewhere needs HTTPS, one of four ports and a plain secret."""
    with pytest.raises(BadRequest, match=rf"(?i){why}"):
        await bot.set_webhook(url, secret_token=secret or None)
