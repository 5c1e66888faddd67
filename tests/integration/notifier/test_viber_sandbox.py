"""Viber's channel and door against the simulated Viber: from a link to receipts, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from aiohttp import web

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.clients.viber import ViberClient, viber_client
from sandbox.settings import VIBER_TOKEN, VIBER_URI, SandboxSettings, ViberSettings
from sandbox.telegram.world.limits import limit_settings
from sandbox.viber.world.retries import RetrySettings
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.viber.channel import ViberChannel
from services.notifier.channels.viber.webhook import ViberPosts, posts_of
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Document,
    Incoming,
    Photo,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)
from services.notifier.domain.messages import Button, Message, Run
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.pictures.decoder import codes_in
from tests.unit.notifier.test_photo import LINK, picture

RETRIES = RetrySettings(first=0.01, longest=0.05, for_seconds=1, answer_within=5)
SETTINGS = SandboxSettings(port=0, limits=limit_settings(0, 0), viber=ViberSettings(retries=RETRIES))
AGENCY = "Migration service of the country"
KEY = UUID(int=1)
ASKED = Message((Run("Follow "), Run("it?", bold=True)), ((Button("Yes", "y:abc:uk"), Button("No", "n")),))
LONG = Button("When is the office open on a holiday?", "o:1")
WEB = Button("Map", url="https://map.example/?mlat=1#map=17")
OWN = Button("Share", url="viber://pa?chatURI=a&context=b")


@dataclass
class Door:
    """The posts, answered with the same welcome each time, and what was read in them."""

    posts: ViberPosts
    came: list[Incoming] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        """Take one post as our webhook does."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert self.posts.admits(headers)
        assert self.posts.signed(headers, body)
        read = self.posts.read(body)
        self.came += read
        self.news.set()
        shown = [ASKED for incoming in read if incoming.inline]
        media_type, answer = self.posts.answer(read[0].address if read else "", shown)
        return web.Response(body=answer, content_type=media_type)

    async def bodies(self, count: int) -> Sequence[Body]:
        """Return what came, beside what became of messages, when there is so much."""
        return [one.body for one in await self._until(count, receipts=False)]

    async def receipts(self, count: int) -> Sequence[Body]:
        """Return what became of messages, when there is so much."""
        return [one.body for one in await self._until(count, receipts=True)]

    async def _until(self, count: int, *, receipts: bool) -> list[Incoming]:
        async with asyncio.timeout(10):
            while True:
                found = [one for one in self.came if isinstance(one.body, DeliveryReceipt) is receipts]
                if len(found) >= count:
                    return found
                self.news.clear()
                await self.news.wait()


@dataclass(frozen=True)
class Viber:
    """The simulated Viber with an account of ours, and Olena's phone."""

    channel: ViberChannel
    door: Door
    app: ViberClient
    olena: int
    address: str

    async def send(self, message: Message = ASKED) -> Result:
        """Send something to Olena."""
        return await self.channel.send(self.address, message, KEY)

    async def shown(self) -> list[dict[str, object]]:
        """Return what the account wrote to Olena."""
        return [dict(one) for one in await self.app.messages(self.olena) if one["from"] != "citizen"]

    async def press(self, label: str) -> None:
        """Press a button of the newest keyboard."""
        message = next(one for one in reversed(await self.app.messages(self.olena)) if one["buttons"])
        (data,) = [one["data"] for row in message["buttons"] for one in row if one["text"] == label]
        await self.app.press(self.olena, message["message_id"], data)


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    async with run_sandbox(SETTINGS) as url:
        yield url


@pytest.fixture
async def phone(base_url: str) -> AsyncIterator[SandboxClient]:
    async with sandbox_client(base_url) as client:
        yield client


@pytest.fixture
async def viber(base_url: str, phone: SandboxClient) -> AsyncIterator[Viber]:
    runner_app = web.Application()
    runner = web.AppRunner(runner_app, access_log=None)
    async with (
        viber_client(base_url) as app,
        ViberChannel.open(
            VIBER_TOKEN, AGENCY, f"{base_url}/viber", timeouts=Timeouts(connect=2.0, read=1.0)
        ) as channel,
    ):
        door = Door(posts_of("http://127.0.0.1:1", VIBER_TOKEN, AGENCY))
        runner_app.router.add_post(door.posts.path, door.receive)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        door.posts = posts_of(f"http://127.0.0.1:{runner.addresses[0][1]}", VIBER_TOKEN, AGENCY)
        assert await channel.receive_by(door.posts)
        olena = await phone.create_citizen("Olena", "uk")
        yield Viber(channel, door, app, olena, await app.user_id(olena))
        await runner.cleanup()


@pytest.fixture
async def known(viber: Viber) -> Viber:
    """Olena has written, so she may be written to."""
    await viber.app.say(viber.olena, "hello")
    await viber.door.bodies(1)
    viber.door.came.clear()
    return viber


async def test_from_a_link_to_a_consent(viber: Viber) -> None:
    """A link's payload comes, the question is shown in the answer, and the pressed button is a tap."""
    await viber.app.open(viber.olena, viber.channel.invitation(VIBER_URI).link("abc_-1"))
    await viber.door.receipts(1)
    (shown,) = await viber.shown()
    await viber.press("Yes")

    assert [Started("abc_-1"), Tapped("y:abc:uk", None, "")] == await viber.door.bodies(2)
    assert ("Follow it?", AGENCY[:27].rstrip() + "…") == (shown["text"], shown["sender_name"])
    assert [(viber.address, "uk")] * 2 == [
        (one.address, one.language) for one in viber.door.came if not isinstance(one.body, DeliveryReceipt)
    ]


async def test_who_opens_again_is_written_to(known: Viber) -> None:
    """Somebody who is subscribed gets no welcome in the answer."""
    await known.app.open(known.olena, known.channel.invitation(VIBER_URI).link("abc"))
    await known.door.bodies(1)

    assert [False] == [one.inline for one in known.door.came if isinstance(one.body, Started)]
    assert [] == await known.shown()


async def test_nobody_is_written_to_unasked(viber: Viber) -> None:
    """Somebody who never wrote, or who is nobody, is unreachable."""
    stranger = await viber.channel.send("QUJDREVGR0hJSktMTU5PUA==", ASKED, KEY)

    assert [Unreachable("blocked"), Unreachable("not_found")] == [await viber.send(), stranger]


async def test_every_message_is_taken(known: Viber) -> None:
    """Whatever we offer is a keyboard that Viber's schema takes, and shown as it was meant."""
    rows = ((Button("Так, пишіть", "a"), Button("Ні", "b")), (LONG,), (WEB, OWN), (Button("a<b>&c", "c"),))
    many = tuple((Button(f"Zone {number}", f"z:{number}"),) for number in range(30))
    results = [
        await known.send(message)
        for message in (
            Message((Run("Паспорт *готовий*"),), rows),
            Message((Run("Where?"),), many),
            Message((Run("я" * 7000),), many),
            Message((Run("no buttons"),)),
        )
    ]

    assert all(isinstance(result, Accepted) for result in results), results
    first, second, *_ = await known.shown()
    assert "Паспорт *готовий*\n\nShare: viber://pa?chatURI=a&context=b" == first["text"]
    labels = [[button["text"] for button in row] for row in first["buttons"]]  # type: ignore[attr-defined] # JSON
    assert [["Так, пишіть", "Ні"], [LONG.text], ["Map"], ["a‹b›＆c"]] == labels
    assert 30 == sum(len(row) for row in second["buttons"])  # type: ignore[attr-defined, misc] # JSON


async def test_a_pressed_link_says_nothing(known: Viber) -> None:
    """A button that opens an address is told by Viber, and is nothing that a citizen said."""
    await known.send(Message((Run("x"),), ((WEB,), (Button("Yes", "h"),))))
    await known.press("Map")
    await known.press("Yes")

    assert [Tapped("h", None, "")] == await known.door.bodies(1)


async def test_what_becomes_of_a_message(known: Viber) -> None:
    """Delivered and seen are told by the token that the answer gave, whatever else is delivered."""
    accepted = await known.send()
    await known.app.read(known.olena)
    assert isinstance(accepted, Accepted)
    receipts = await known.door.receipts(3)

    for status in ("delivered", "seen"):
        assert DeliveryReceipt(accepted.reference, status) in receipts
    assert int(accepted.reference) > 2**53


async def test_a_message_that_fails_later(known: Viber) -> None:
    """What was accepted and then given up is told with the reason."""
    await known.app.lay_fault("failed_later", citizen_id=known.olena)
    accepted = await known.send()
    assert isinstance(accepted, Accepted)
    *_, receipt = await known.door.receipts(2)

    assert isinstance(receipt, DeliveryReceipt)
    assert (accepted.reference, "failed") == (receipt.reference, receipt.status)
    assert receipt.reason


async def test_who_leaves_and_comes_back(known: Viber) -> None:
    """Unsubscribing makes somebody unreachable; subscribing lets us write again."""
    await known.app.block(known.olena)
    gone = await known.send()
    await known.app.block(known.olena, blocked=False)
    await known.app.subscribe(known.olena)
    back = await known.send()

    assert [Blocked(), Unblocked()] == await known.door.bodies(2)
    assert Unreachable("blocked") == gone
    assert isinstance(back, Accepted)


async def test_what_people_send(known: Viber) -> None:
    """Texts, pictures and everything else come as what they are; a picture's code can be read."""
    await known.app.say(known.olena, "Де мій паспорт?")
    await known.app.send_photo(known.olena, picture())
    await known.app.send_document(known.olena, "r.jpg", picture())
    await known.app.send_document(known.olena, "r.pdf", b"%PDF")
    await known.app.share(known.olena, "sticker", sticker_id=40133)
    said, photo, scan, *others = await known.door.bodies(5)

    assert Said("Де мій паспорт?") == said
    for one in (photo, scan):
        assert isinstance(one, Photo)
        assert (LINK,) == codes_in(await known.channel.download(one.reference, 1_000_000) or b"")
    paper, sticker = others
    assert isinstance(paper, Document)
    assert b"%PDF" == await known.channel.download(paper.reference, 1_000_000)
    assert Unsupported("sticker") == sticker


@pytest.mark.parametrize(
    ("fault", "details", "kind", "stored"),
    [
        ("status", {"status": 2}, AccountDown, 0),
        ("status", {"status": 3}, Permanent, 0),
        ("status", {"status": 11}, Unreachable, 0),
        ("status", {"status": 12}, Throttled, 0),
        ("status", {"status": 77}, NotSent, 0),
        ("server_error", {}, Unknown, 0),
        ("stored_server_error", {}, Unknown, 1),
        ("bad_gateway_html", {}, Unknown, 0),
        ("store_then_drop", {}, Unknown, 1),
        ("drop_before_store", {}, Unknown, 0),
        ("reset", {}, Unknown, 0),
        ("hang", {}, Unknown, 1),
        ("truncated_json", {}, Unknown, 1),
    ],
)
async def test_what_goes_wrong(
    known: Viber, fault: str, details: dict[str, int], kind: type[Result], stored: int
) -> None:
    """Whether a message arrived or not, its result never says what is not known."""
    await known.app.lay_fault(fault, citizen_id=known.olena, **details)  # type: ignore[arg-type] # parametrized

    assert isinstance(await known.send(), kind)
    assert stored == len(await known.shown())


async def test_a_device_that_viber_is_not_on(known: Viber) -> None:
    """Somebody whose phone has no Viber any more is unreachable for that."""
    await known.app.change(known.olena, devices=0)

    assert Unreachable("no_device") == await known.send()


async def test_a_hundred_without_an_answer(known: Viber) -> None:
    """The message after a hundred without an answer waits, until the citizen writes."""
    results = [await known.send() for _ in range(101)]
    await known.app.say(known.olena, "I am here")
    after = await known.send()

    assert {Accepted} == {type(result) for result in results[:100]}
    assert isinstance(results[100], Throttled)
    assert "chat" == results[100].scope
    assert isinstance(after, Accepted)


async def test_posts_that_come_twice_or_in_another_order(known: Viber) -> None:
    """A post that is doubled has one identity, and a receipt that overtakes another is one as ever."""
    await known.app.lay_callback_fault("duplicate", event="message", citizen_id=known.olena)
    await known.app.say(known.olena, "once")
    await known.door.bodies(2)

    assert 1 == len({one.update for one in known.door.came if isinstance(one.body, Said)})


async def test_the_public_name_and_another_token(base_url: str, known: Viber) -> None:
    """The account tells its own name; with a token that is none it is down and tells nothing."""
    async with ViberChannel.open("another", AGENCY, f"{base_url}/viber") as other:
        assert isinstance(await other.send(known.address, ASKED, KEY), AccountDown)
        assert await other.published_name() is None
        assert not await other.receive_by(known.door.posts)

    assert VIBER_URI == await known.channel.published_name()


async def test_a_door_that_does_not_answer_is_not_set(base_url: str) -> None:
    """Viber takes the address only if it answers, so it is told after we listen."""
    async with ViberChannel.open(VIBER_TOKEN, AGENCY, f"{base_url}/viber") as channel:
        assert not await channel.receive_by(posts_of("http://127.0.0.1:1", VIBER_TOKEN, AGENCY))
        down = await channel.send("QUJDREVGR0hJSktMTU5PUA==", ASKED, KEY)

    assert isinstance(down, AccountDown)
