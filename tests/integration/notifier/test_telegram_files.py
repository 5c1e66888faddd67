"""Files by Telegram, against the simulated one: a photo that comes, a file that goes, what is neither."""

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.transport import Timeouts
from services.notifier.conversation.picture_queue import MOST_BYTES
from services.notifier.domain.incoming import Body, Incoming, Photo, Unsupported
from services.notifier.domain.messages import Attachment, Button, Message
from services.notifier.domain.results import Accepted, Permanent
from services.notifier.pictures.decoder import codes_in
from services.notifier.wording.markup import bold
from tests.unit.notifier.test_photo import LINK, picture

MARK = "MARKED-part-of-the-test-bot-012345"
SETTINGS = SandboxSettings(port=0, bot_token=f"7000000003:{MARK}", limits=limit_settings(0, 0))
BUTTONS = ((Button("More", "pr"),),)
KEY = uuid4()
FILE = Message(bold("Yours"), BUTTONS, private=True, attachment=Attachment("own.txt", "text/plain", "Мова"))


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    async with run_sandbox(SETTINGS) as url:
        yield url


@pytest.fixture
async def sandbox(base_url: str) -> AsyncIterator[SandboxClient]:
    async with sandbox_client(base_url) as client:
        yield client


@pytest.fixture
async def channel(base_url: str) -> AsyncIterator[TelegramChannel]:
    quick = Timeouts(connect=2.0, read=0.5)
    async with TelegramChannel.open(SETTINGS.bot_token, base_url, timeouts=quick) as channel:
        yield channel


async def came(channel: TelegramChannel, after: int | None = None) -> Incoming:
    """Return the newest update."""
    async with asyncio.timeout(5):
        while not (found := await channel.fetch(after, 1)):
            continue
    return found[-1]


async def person(sandbox: SandboxClient) -> int:
    citizen = await sandbox.create_citizen("Olena", "uk")
    await sandbox.say(citizen, "/start")
    return citizen


async def test_a_photo_comes_as_it_was_taken(sandbox: SandboxClient, channel: TelegramChannel) -> None:
    """A picture, sent as a photo or as a file, is fetched in the largest size and its code read."""
    citizen = await person(sandbox)
    found = []
    for send in (sandbox.send_photo(citizen, picture()), sandbox.send_document(citizen, "r.jpg", picture())):
        await send
        body = (await came(channel)).body
        assert isinstance(body, Photo)
        found.append(await channel.download(body.reference, MOST_BYTES))

    assert [(LINK,), (LINK,)] == [codes_in(content or b"") for content in found]


async def test_a_picture_too_long_or_gone_is_none(sandbox: SandboxClient, channel: TelegramChannel) -> None:
    """No more than asked for is read, and a file that Telegram does not have is no trouble of ours."""
    await sandbox.send_photo(await person(sandbox), picture())
    body = (await came(channel)).body
    assert isinstance(body, Photo)

    found = [await channel.download(body.reference, 100), await channel.download("nothing", 100)]

    assert [None, None] == found


async def test_a_picture_that_does_not_come_is_the_channels_trouble(
    sandbox: SandboxClient, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    """While Telegram hands nothing out, that is said without the token."""
    caplog.set_level(logging.DEBUG)
    await sandbox.lay_fault("server_error", method="getFile", times=1)

    with pytest.raises(ChannelDownError) as raised:
        await channel.download("anything", 100)

    assert MARK not in str(raised.value) + caplog.text


async def test_a_file_goes_out_with_its_text(sandbox: SandboxClient, channel: TelegramChannel) -> None:
    """A message with an attachment arrives as a file with its caption and buttons."""
    citizen = await person(sandbox)

    result = await channel.send(str(citizen), FILE, KEY)

    shown = (await sandbox.messages(citizen))[-1]
    assert isinstance(result, Accepted)
    assert ("document", "own.txt") == (shown["attachment"]["kind"], shown["attachment"]["file_name"])
    assert ("Yours", [["More"]]) == (
        shown["text"],
        [[button["text"] for button in row] for row in shown["buttons"]],
    )
    assert "Мова" == (await sandbox.file(shown["attachment"]["file_id"])).decode()


async def test_a_file_meets_the_same_fates(sandbox: SandboxClient, channel: TelegramChannel) -> None:
    """What Telegram refuses of a file is told apart as for any message."""
    citizen = await person(sandbox)
    await sandbox.lay_fault("cant_parse", method="sendDocument", times=1)

    assert isinstance(await channel.send(str(citizen), FILE, KEY), Permanent)


async def test_what_the_conversation_cannot_use_comes_by_its_kind(
    sandbox: SandboxClient, channel: TelegramChannel
) -> None:
    """Stickers, voices, contacts, places, other files and edited messages each keep their name."""
    citizen = await person(sandbox)
    bodies: list[Body] = []
    said = await sandbox.say(citizen, "/help")
    for act in (
        sandbox.share(citizen, "sticker", emoji="x"),
        sandbox.share(citizen, "voice", seconds=3),
        sandbox.share(citizen, "contact", phone_number="+380000000000", name="Z", forwarded_from="Y"),
        sandbox.share(citizen, "location", latitude=50.0, longitude=30.0),
        sandbox.edit(citizen, int(said["message_id"]), "/stop"),
    ):
        await act
        bodies.append((await came(channel)).body)

    kinds = ("sticker", "voice", "contact", "location", "edited_message")
    assert [Unsupported(kind) for kind in kinds] == bodies
