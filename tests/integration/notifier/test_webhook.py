"""Updates posted to us by the simulated Telegram, with its secret, its queues and its retries."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from starlette.applications import Starlette

from runtime.process.http_protocol import BoundedServer
from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.webhook import SECRET_HEADER, TelegramPosts, posts_of
from services.notifier.conversation.handler import Handler
from services.notifier.domain.incoming import Incoming, Said, Started
from services.notifier.inbound.webhook import Webhook, keep_tidy
from tests.integration.notifier.world import World
from tests.waiting import until

SETTINGS = SandboxSettings(port=0, limits=limit_settings(0, 0))


@asynccontextmanager
async def served(app: Starlette, listening: socket.socket) -> AsyncIterator[None]:
    """Serve an application for the length of the block."""
    server = BoundedServer(app, 100)
    task = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


@dataclass
class Hooked:
    """A bot with a webhook at one of our replicas, and what its conversation saw."""

    sandbox: SandboxClient
    channel: TelegramChannel
    address: TelegramPosts
    world: World
    seen: list[Incoming] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None

    async def citizen(self) -> int:
        """Return somebody with a phone."""
        return await self.sandbox.create_citizen("Olena", "uk")

    async def post(self, body: bytes, secret: str | None) -> int:
        """Post by hand; return the status."""
        headers = {} if secret is None else {SECRET_HEADER: secret}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.address.url, data=body, headers=headers) as response,
        ):
            return response.status

    async def saw(self, count: int) -> None:
        """Wait until so many updates were handled."""

        async def enough() -> bool:
            return len(self.seen) >= count

        await until(enough)


@pytest.fixture
async def hooked(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hooked]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    async with (
        run_sandbox(SETTINGS) as url,
        sandbox_client(url) as sandbox,
        TelegramChannel.open(SETTINGS.bot_token, url) as channel,
    ):
        address = posts_of(base, SETTINGS.bot_token, None, channel.read)
        found = Hooked(sandbox, channel, address, world)
        handle = Handler.handle

        async def watched(self: Handler, incoming: Incoming) -> None:
            if found.failures:
                raise found.failures.pop(0)
            if found.before is not None:
                await found.before()
            await handle(self, incoming)
            found.seen.append(incoming)

        monkeypatch.setattr(Handler, "handle", watched)
        app = Starlette(routes=[Webhook(address, world.updates()).route()])
        async with served(app, listening):
            assert await channel.receive_by(address)
            yield found


async def test_what_citizens_do_is_answered(hooked: Hooked) -> None:
    """A posted update is dealt with, its answer stored, and its number kept."""
    citizen = await hooked.citizen()
    await hooked.sandbox.say(citizen, "/start")
    await hooked.saw(1)

    assert [(str(citizen), Started(None))] == [(one.address, one.body) for one in hooked.seen]
    await until(lambda: _count(hooked.world, 1, 1))


async def test_a_chat_is_handled_in_order(hooked: Hooked) -> None:
    """The updates of a chat are handled one after the other, in their order."""
    citizen = await hooked.citizen()
    for number in range(10):
        await hooked.sandbox.say(citizen, str(number))
    await hooked.saw(10)

    assert [Said(str(number)) for number in range(10)] == [one.body for one in hooked.seen]


async def test_nothing_is_confirmed_before_it_is_dealt_with(hooked: Hooked) -> None:
    """While an update cannot be dealt with the messenger is asked to repeat it, and then it is, once."""
    hooked.failures = [TimeoutError("the database is away")] * 2
    await hooked.sandbox.say(await hooked.citizen(), "hello")
    await hooked.saw(1)

    await until(lambda: _count(hooked.world, 1, 1))
    assert [] == hooked.failures
    assert 1 == len(hooked.seen)


async def test_a_repeated_update_is_answered_once(hooked: Hooked) -> None:
    """However often and however fast an update is posted, it is answered once, and 200 each time."""
    body = (
        b'{"update_id":7,"message":{"message_id":1,"date":1700000000,"text":"hi",'
        b'"chat":{"id":5,"type":"private"},"from":{"id":5,"is_bot":false,"first_name":"A"}}}'
    )

    statuses = await asyncio.gather(*(hooked.post(body, hooked.address.secret) for _ in range(8)))

    assert {200} == set(statuses)
    assert 1 == await hooked.world.count("delivery")


@pytest.mark.parametrize("secret", [None, "", "wrong", "\u0456"])
async def test_without_the_secret_nothing_is_taken(hooked: Hooked, secret: str | None) -> None:
    """Who does not know the secret is refused, whatever they post."""
    assert 401 == await hooked.post(b"{}", secret)
    assert [] == hooked.seen


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"update_id":"x"}', b"[" * 100_000])
async def test_what_is_no_update_is_refused(hooked: Hooked, body: bytes) -> None:
    """Nonsense with the right secret is refused and stops nothing."""
    assert 400 == await hooked.post(body, hooked.address.secret)


def unread(_: Mapping[str, object]) -> Incoming:
    """Nothing is posted here."""
    raise NotImplementedError


def test_the_address_follows_from_the_token() -> None:
    """Every replica finds the same address; another token has another; neither shows the token."""
    one, same, other = (
        posts_of("https://x.example/a/", token, None, unread) for token in ("1:A", "1:A", "2:A")
    )

    assert one == same
    assert one.path != other.path
    assert one.secret != other.secret
    assert one.url == f"https://x.example/a{one.path}"
    assert "given" == posts_of("https://x.example", "1:A", "given", unread).secret
    assert one.secret not in repr(one)


async def test_polling_again_after_a_webhook(hooked: Hooked) -> None:
    """Without the webhook updates wait to be fetched again."""
    assert await hooked.channel.receive_by(None)
    await hooked.sandbox.say(await hooked.citizen(), "hello")

    assert [Said("hello")] == [one.body for one in await hooked.channel.fetch(None, 5)]


async def test_numbers_are_forgotten_when_nothing_repeats_them(hooked: Hooked) -> None:
    """Marks of updates older than the messenger repeats them go away, younger ones stay."""
    query = "INSERT INTO handled_update VALUES ('telegram', $1, now() - make_interval(days => $2))"
    for number, days in ((1, 0), (2, 2), (3, 4)):
        await hooked.world.pool.execute(query, number, days)
    stop = asyncio.Event()
    task = asyncio.ensure_future(keep_tidy(hooked.world.pool, "telegram", stop))

    await until(lambda: _count(hooked.world, 0, 2))
    stop.set()
    await task


async def _count(world: World, deliveries: int, updates: int) -> bool:
    return (deliveries, updates) == (await world.count("delivery"), await world.count("handled_update"))
