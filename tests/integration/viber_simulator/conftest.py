"""A simulated Viber for each test, seen from all ends: the bot's calls, its webhook, the citizens' phones."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.clients.viber import ViberClient, viber_client
from sandbox.settings import VIBER_TOKEN, SandboxSettings, ViberSettings
from sandbox.telegram.world.limits import limit_settings
from sandbox.viber.world.model import Json
from sandbox.viber.world.retries import RetrySettings

RETRIES = RetrySettings(first=0.01, longest=0.05, for_seconds=0.3, answer_within=5)
SETTINGS = SandboxSettings(port=0, limits=limit_settings(0, 0), viber=ViberSettings(retries=RETRIES))
LINK = "viber://pa?chatURI=docwatchsandbox"
SENDER = {"name": "Docwatch"}


@dataclass
class Got:
    """One callback as it came."""

    raw: bytes
    signature: str

    @property
    def body(self) -> Json:
        """Return what it says."""
        found: Json = json.loads(self.raw)
        return found


@dataclass
class Hook:
    """A bot's webhook that answers as it is told and keeps what came."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    welcome: bytes = b""
    got: list[Got] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        """Keep what came and answer as told."""
        one = Got(await request.read(), request.headers.get("X-Viber-Content-Signature", ""))
        self.got.append(one)
        self.came.set()
        status = self.statuses.pop(0) if self.statuses else 200
        said = self.welcome if one.body["event"] == "conversation_started" else b""
        return web.Response(status=status, body=said)

    def events(self, *names: str) -> list[Json]:
        """Return what came, of some events where they are named."""
        bodies = [one.body for one in self.got]
        return [
            body for body in bodies if body["event"] != "webhook" and (not names or body["event"] in names)
        ]

    async def until(self, wanted: Callable[["Hook"], Any]) -> None:
        """Return when it is so."""
        async with asyncio.timeout(10):
            while not wanted(self):
                self.came.clear()
                await self.came.wait()

    async def some(self, event: str, count: int = 1) -> list[Json]:
        """Return the callbacks of an event when so many have come."""
        await self.until(lambda hook: len(hook.events(event)) >= count)
        return self.events(event)


@dataclass
class Bot:
    """The bot's side of the REST API, spoken without a library."""

    base: str
    session: aiohttp.ClientSession
    token: str = VIBER_TOKEN

    async def call(self, method: str, **body: object) -> Json:
        """Call a method with the token in the header; return the answer."""
        headers = {"X-Viber-Auth-Token": self.token}
        async with self.session.post(f"{self.base}/{method}", json=body, headers=headers) as response:
            assert response.status == 200
            answer: Json = await response.json()
        return answer

    async def text(self, receiver: str, text: str, **more: object) -> Json:
        """Send a text."""
        return await self.call(
            "send_message", **{"receiver": receiver, "type": "text", "text": text, "sender": SENDER, **more}
        )


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    """The address of a fresh world."""
    async with run_sandbox(SETTINGS) as url:
        yield url


@pytest.fixture
async def phone(base_url: str) -> AsyncIterator[SandboxClient]:
    """Who makes citizens there."""
    async with sandbox_client(base_url) as client:
        yield client


@pytest.fixture
async def viber(base_url: str) -> AsyncIterator[ViberClient]:
    """What citizens do in the app, and the script."""
    async with viber_client(base_url) as client:
        yield client


@pytest.fixture
async def bot(base_url: str) -> AsyncIterator[Bot]:
    """The bot of that world, without a webhook."""
    async with aiohttp.ClientSession() as session:
        yield Bot(f"{base_url}/viber/pa", session)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook that is up, but not set."""
    receiver = Hook()
    app = web.Application()
    app.add_routes([web.post("/hook", receiver.handle)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def live(bot: Bot, hook: Hook) -> Hook:
    """The webhook, set."""
    answer = await bot.call("set_webhook", url=hook.url, send_name=True)
    assert answer["status"] == 0
    return hook


@pytest.fixture
async def olena(phone: SandboxClient) -> int:
    """A citizen who has done nothing yet."""
    return await phone.create_citizen("Олена")
