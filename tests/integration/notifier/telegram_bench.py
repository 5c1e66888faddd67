"""Telegram and its simulator as the suite of channels needs them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.script import FaultKind
from sandbox.telegram.world.limits import limit_settings
from sandbox.telegram.world.model import Json
from services.notifier.channels.base import Channel
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.transport import Timeouts
from services.notifier.domain.incoming import Incoming
from tests.integration.notifier.channel_bench import WAIT_SECONDS, Bench, ReceiptStatus, Shown, Trouble

SETTINGS = SandboxSettings(port=0, limits=limit_settings(0, 0))
FAULTS: Mapping[Trouble, FaultKind] = {
    "throttled": "throttle_chat",
    "blocked": "blocked",
    "rejected": "too_long",
    "unparseable": "cant_parse",
    "stored_then_lost": "store_then_drop",
    "lost_before_stored": "drop_before_store",
    "no_answer": "hang",
    "nonsense": "bad_gateway_html",
    "slow": "slow",
    "account_refused": "unauthorized",
}


@dataclass(frozen=True)
class TelegramBench:
    """The simulated Telegram with a bot's channel."""

    channel: Channel
    sandbox: SandboxClient
    username: str
    pause: float = WAIT_SECONDS
    markup: bool = True
    spared: frozenset[Trouble] = frozenset()

    async def person(self) -> str:
        """Return somebody who has started the bot and of whom nothing waits to be fetched."""
        citizen = await self.sandbox.create_citizen("Olena", "uk")
        await self.sandbox.say(citizen, "/start")
        await self.arrived()
        return str(citizen)

    async def stranger(self) -> str:
        """Return somebody who never started the bot."""
        return str(await self.sandbox.create_citizen("Ivan"))

    async def shown(self, address: str) -> list[Shown]:
        """Return the bot's messages."""
        found = await self.sandbox.messages(int(address))
        return [await self._shown(one) for one in found if one["from"] == "bot"]

    async def says(self, address: str, text: str) -> None:
        """Write a text."""
        await self.sandbox.say(int(address), text)

    async def opens(self, address: str, payload: str) -> None:
        """Open the bot's link."""
        await self.sandbox.open(int(address), f"https://t.me/{self.username}?start={payload}")

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Tap a button."""
        await self.sandbox.press(int(address), int(reference), data)

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Block or unblock the bot."""
        await self.sandbox.block(int(address), blocked=blocked)

    async def trouble(self, what: Trouble) -> None:
        """Lay the fault that stands for it."""
        seconds = {"slow": 0.1, "no_answer": 5.0}.get(what, 0.0)
        await self.sandbox.lay_fault(FAULTS[what], seconds=seconds, retry_after=WAIT_SECONDS)

    async def _shown(self, one: Json) -> Shown:
        file = None if one["attachment"] is None else await self.sandbox.file(one["attachment"]["file_id"])
        data = tuple(button["data"] for row in one["buttons"] for button in row if button.get("data"))
        return Shown(one["text"], data, None if file is None else file.decode(), protected=one["protected"])

    async def arrived(self) -> list[Incoming]:
        """Fetch, and confirm."""
        found = list(await self.channel.fetch(None, 0))
        if found:
            await self.channel.fetch(found[-1].number, 0)
        return found

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Telegram tells nothing of the kind."""
        raise NotImplementedError


@asynccontextmanager
async def telegram_bench() -> AsyncIterator[Bench]:
    """Open the channel against a simulator of its own."""
    timeouts = Timeouts(connect=2.0, read=0.5)
    async with (
        run_sandbox(SETTINGS) as url,
        sandbox_client(url) as sandbox,
        TelegramChannel.open(SETTINGS.bot_token, url, timeouts=timeouts) as channel,
    ):
        yield TelegramBench(channel, sandbox, SETTINGS.bot_username)
