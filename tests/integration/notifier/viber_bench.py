"""Viber and its simulator as the suite of channels needs them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import orjson
from aiohttp import web

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.clients.viber import ViberClient, viber_client
from sandbox.settings import VIBER_TOKEN, VIBER_URI, SandboxSettings, ViberSettings
from sandbox.telegram.world.limits import limit_settings
from sandbox.viber.script import FaultKind
from sandbox.viber.world.retries import RetrySettings
from services.notifier.channels.base import Channel
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.viber.channel import ViberChannel
from services.notifier.channels.viber.statuses import CHAT_SECONDS
from services.notifier.channels.viber.taps import Taps
from services.notifier.channels.viber.webhook import ViberPosts, posts_of
from services.notifier.domain.incoming import DeliveryReceipt, Incoming
from tests.integration.notifier.channel_bench import Bench, ReceiptStatus, Shown, Trouble

RETRIES = RetrySettings(first=0.01, longest=0.05, for_seconds=1, answer_within=5)
SETTINGS = SandboxSettings(port=0, limits=limit_settings(0, 0), viber=ViberSettings(retries=RETRIES))
FAULTS: Mapping[Trouble, tuple[FaultKind, int | None]] = {
    "throttled": ("status", 12),
    "blocked": ("status", 6),
    "rejected": ("status", 3),
    # There is no markup that could be broken, only data.
    "unparseable": ("status", 3),
    "stored_then_lost": ("store_then_drop", None),
    "lost_before_stored": ("drop_before_store", None),
    "no_answer": ("hang", None),
    "nonsense": ("bad_gateway_html", None),
    "slow": ("slow", None),
    "account_refused": ("status", 2),
}


@dataclass
class Door:
    """Where Viber posts to, and what came: receipts that nobody asked for apart."""

    posts: ViberPosts
    came: list[Incoming] = field(default_factory=list)
    told: list[Incoming] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        """Take a post."""
        body = await request.read()
        assert self.posts.signed({name.lower(): value for name, value in request.headers.items()}, body)
        for one in self.posts.read(body):
            (self.told if isinstance(one.body, DeliveryReceipt) else self.came).append(one)
        self.news.set()
        return web.Response()


@dataclass
class ViberBench:
    """The simulated Viber with an account's channel."""

    channel: Channel
    phones: SandboxClient
    app: ViberClient
    door: Door
    citizens: dict[str, int] = field(default_factory=dict)
    expected: int = 0
    pause: float = CHAT_SECONDS
    markup: bool = False
    spared: frozenset[Trouble] = frozenset()

    async def person(self) -> str:
        """Return somebody who has written."""
        address = await self.stranger()
        await self.says(address, "hello")
        await self.arrived()
        return address

    async def stranger(self) -> str:
        """Return somebody who never wrote."""
        citizen = await self.phones.create_citizen("Olena", "uk")
        address = await self.app.user_id(citizen)
        self.citizens[address] = citizen
        return address

    async def shown(self, address: str) -> list[Shown]:
        """Look at the phone; a keyboard's buttons carry more than the data."""
        taps = Taps.of(VIBER_TOKEN)
        messages = [one for one in await self.app.messages(self.citizens[address]) if one["from"] == "bot"]
        return [
            Shown(
                one["text"],
                tuple(
                    data
                    for row in one["buttons"]
                    for button in row
                    if (data := taps.data(address, button["data"])) is not None
                ),
            )
            for one in messages
        ]

    async def says(self, address: str, text: str) -> None:
        """Write a text."""
        self.expected += 1
        await self.app.say(self.citizens[address], text)

    async def opens(self, address: str, payload: str) -> None:
        """Open the account's link."""
        self.expected += 1
        await self.app.open(self.citizens[address], self.channel.invitation(VIBER_URI).link(payload))

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Press a button of the keyboard, which is the last message's."""
        self.expected += 1
        messages = await self.app.messages(self.citizens[address])
        (message,) = [one for one in messages if str(one["message_token"]) == reference]
        marked = Taps.of(VIBER_TOKEN).marked(address, data)
        await self.app.press(self.citizens[address], message["message_id"], marked)

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Unsubscribe, or subscribe again."""
        self.expected += 1
        if blocked:
            await self.app.block(self.citizens[address])
        else:
            await self.app.block(self.citizens[address], blocked=False)
            await self.app.subscribe(self.citizens[address])

    async def trouble(self, what: Trouble) -> None:
        """Lay the fault that stands for it."""
        kind, status = FAULTS[what]
        seconds = {"slow": 0.1, "no_answer": 5.0}.get(what, 0.0)
        details = {"seconds": seconds} if status is None else {"seconds": seconds, "status": status}
        await self.app.lay_fault(kind, **details)

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Post what became of a message, as Viber does in its own time."""
        post = {"event": status, "message_token": int(reference), "user_id": address}
        self.door.came += self.door.posts.read(orjson.dumps(post))
        self.expected += 1

    async def arrived(self) -> list[Incoming]:
        """Return what was posted."""
        async with asyncio.timeout(10):
            while len(self.door.came) < self.expected:
                self.door.news.clear()
                await self.door.news.wait()
        found, self.door.came, self.expected = self.door.came, [], 0
        return found


@asynccontextmanager
async def viber_bench() -> AsyncIterator[Bench]:
    """Open the channel against a simulator of its own, with a door that is open before Viber knows of it."""
    door = Door(posts_of("http://127.0.0.1", VIBER_TOKEN, "Agency"))
    application = web.Application()
    application.router.add_post(door.posts.path, door.receive)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{door.posts.path}"
    door.posts = replace(door.posts, url=url)
    async with (
        run_sandbox(SETTINGS) as base,
        sandbox_client(base) as phones,
        viber_client(base) as app,
        ViberChannel.open(
            VIBER_TOKEN, "Agency", f"{base}/viber", timeouts=Timeouts(connect=2.0, read=0.5)
        ) as channel,
    ):
        assert await channel.receive_by(door.posts)
        try:
            yield ViberBench(channel, phones, app, door)
        finally:
            await runner.cleanup()
