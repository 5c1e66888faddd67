"""SMS by the simulated provider's gateway as the suite of channels needs it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import orjson
from aiohttp import web

from runtime.clock import SystemClock
from sandbox.app import run_sandbox
from sandbox.clients.sms import SmsClient, sms_client
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SMS_KEY, SMS_SIGNING_KEY, SMS_WEBHOOK_SECRET, SandboxSettings, SmsSettings
from sandbox.sms.description import description
from sandbox.sms.reports import Retries
from sandbox.sms.script import FaultKind
from sandbox.telegram.world.limits import limit_settings
from services.notifier.channels.base import Channel
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.sms.opening import SECRETS, OpenedGateway, open_by_gateway
from services.notifier.channels.sms.posts import GatewayPosts
from services.notifier.domain.incoming import Incoming
from tests.integration.notifier.channel_bench import WAIT_SECONDS, Bench, ReceiptStatus, Shown, Trouble

SETTINGS = SandboxSettings(
    port=0, limits=limit_settings(0, 0), sms=SmsSettings(retries=Retries(pause=0.02, for_seconds=2))
)
KEYS = dict(zip(SECRETS, (SMS_KEY, SMS_WEBHOOK_SECRET, SMS_SIGNING_KEY), strict=True))
FAULTS: Mapping[Trouble, tuple[FaultKind, Mapping[str, float | str]]] = {
    "throttled": ("throttled", {"seconds": float(WAIT_SECONDS)}),
    "blocked": ("refused", {"code": "barred_by_subscriber"}),
    "rejected": ("refused", {"code": "bad_text"}),
    # There is no markup that could be broken, only data.
    "unparseable": ("refused", {"code": "bad_text"}),
    "stored_then_lost": ("store_then_drop", {}),
    "lost_before_stored": ("drop_before_store", {}),
    "no_answer": ("hang", {"seconds": 5.0}),
    "nonsense": ("bad_gateway_html", {}),
    "slow": ("slow", {"seconds": 0.1}),
    "account_refused": ("refused", {"http": 401, "code": "bad_key"}),
}


@dataclass
class Door:
    """Where the provider posts to, and what came."""

    posts: GatewayPosts
    came: list[Incoming] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        """Take a post."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert self.posts.admits(headers)
        assert self.posts.signed(headers, body)
        self.came += self.posts.read(body)
        self.news.set()
        return web.Response()


@dataclass
class SmsBench:
    """The simulated provider with an account's channel; `opened` is that account."""

    opened: OpenedGateway
    phones: SandboxClient
    app: SmsClient
    door: Door
    citizens: dict[str, int] = field(default_factory=dict)
    posted: list[Incoming] = field(default_factory=list)
    pause: float = WAIT_SECONDS
    markup: bool = False
    spared: frozenset[Trouble] = frozenset()

    @property
    def channel(self) -> Channel:
        """Return the channel."""
        return self.opened.channel

    async def person(self) -> str:
        """Return the number of somebody with a phone."""
        citizen = await self.phones.create_citizen("Olena", "uk")
        number = await self.app.number(citizen)
        self.citizens[number] = citizen
        return number

    async def stranger(self) -> str:
        """Return a number that nobody has."""
        return "+380679999999"

    async def shown(self, address: str) -> list[Shown]:
        """Look at the phone."""
        messages = await self.app.messages(self.citizens[address])
        return [Shown(one["text"]) for one in messages if one["from"] == "bot"]

    async def says(self, address: str, text: str) -> None:
        """Write a text."""
        await self.app.say(self.citizens[address], text)

    async def opens(self, address: str, payload: str) -> None:
        """Raise NotImplementedError: a link opens a page of ours."""
        raise NotImplementedError

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Raise NotImplementedError: there are no buttons."""
        raise NotImplementedError

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Bar the sender at the operator, or let it in again."""
        await self.app.block(self.citizens[address], blocked=blocked)

    async def trouble(self, what: Trouble) -> None:
        """Lay the fault that stands for it."""
        kind, details = FAULTS[what]
        await self.app.lay_fault(kind, **details)

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Post what became of a text."""
        said = {"delivered": "DELIVRD", "failed": "UNDELIV"}[status]
        told = {"receipts": [{"id": reference, "to": address.removeprefix("+"), "status": said}]}
        self.posted += self.door.posts.read(orjson.dumps(told))

    async def arrived(self) -> list[Incoming]:
        """Return what was told."""
        found, self.posted = self.posted, []
        return found

    async def came(self, count: int) -> list[Incoming]:
        """Return what the provider itself posted, once there is so much of it."""
        async with asyncio.timeout(10):
            while len(self.door.came) < count:
                self.door.news.clear()
                await self.door.news.wait()
        found, self.door.came = self.door.came, []
        return found


def written(folder: Path, text: str) -> Path:
    """Write a description into a folder."""
    file = folder / "gateway.yaml"
    file.write_text(text, "utf-8")
    return file


@asynccontextmanager
async def sms_bench(**more: str) -> AsyncIterator[SmsBench]:
    """Open the channel against a simulator of its own; `more` are further lines of the description."""
    with TemporaryDirectory() as folder:
        async with AsyncServer() as server, run_sandbox(SETTINGS) as base:
            file = written(Path(folder), description(base, **more))
            async with (
                open_by_gateway(
                    file,
                    KEYS,
                    public_url=server.url,
                    sender="Agency",
                    clock=SystemClock(),
                    timeouts=Timeouts(connect=2.0, read=0.5),
                ) as opened,
                sandbox_client(base) as phones,
                sms_client(base) as app,
            ):
                assert isinstance(opened.posts, GatewayPosts)
                server.door = Door(opened.posts)
                yield SmsBench(opened, phones, app, server.door)


class AsyncServer:
    """The server behind the door, which is hung into it once there is one."""

    door: Door
    url: str

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/sms/{secret}", self._receive)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def _receive(self, request: web.Request) -> web.Response:
        return await self.door.receive(request)

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


@asynccontextmanager
async def suite_bench() -> AsyncIterator[Bench]:
    """Open the bench as the suite of channels wants it."""
    async with sms_bench() as bench:
        yield bench
