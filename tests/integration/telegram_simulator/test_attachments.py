"""Photos, files and other things in the simulated Telegram, as python-telegram-bot sees and sends them."""

import io

import httpx
import pytest
import segno
import zxingcpp
from PIL import Image
from telegram import Bot, Message, MessageOriginHiddenUser
from telegram.error import BadRequest

from sandbox.clients.telegram import SandboxClient, SandboxError
from tests.integration.telegram_simulator.conftest import SETTINGS

LINK = f"https://t.me/{SETTINGS.bot_username}?start=abc"


def png(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "PNG")
    return written.getvalue()


async def newest(bot: Bot) -> Message:
    """Return what a citizen has just sent or edited."""
    update = (await bot.get_updates(timeout=5))[-1]
    message = update.effective_message
    assert message is not None
    return message


@pytest.fixture
async def citizen(phone: SandboxClient) -> int:
    """Somebody who has started the bot."""
    found = await phone.create_citizen("Олена")
    await phone.say(found, "/start")
    return found


async def test_a_photo_comes_in_sizes_and_is_downloaded(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """A photo is a list of sizes, the largest with a side of at most 1280; each can be downloaded."""
    await phone.send_photo(citizen, png(2600, 1300), "мій талон /help")

    message = await newest(bot)
    largest = message.photo[-1]
    picture = await (await bot.get_file(largest)).download_as_bytearray()

    assert [(90, 45), (320, 160), (800, 400), (1280, 640)] == [
        (one.width, one.height) for one in message.photo
    ]
    assert (1280, 640) == Image.open(io.BytesIO(picture)).size
    assert (None, "мій талон /help", largest.file_size) == (message.text, message.caption, len(picture))
    assert ["bot_command"] == [entity.type for entity in message.caption_entities]
    shown = (await phone.messages(citizen))[-1]
    assert ("photo", largest.file_id) == (shown["attachment"]["kind"], shown["attachment"]["file_id"])
    assert bytes(picture) == await phone.file(largest.file_id)


async def test_a_qr_code_survives_the_messenger(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """What the messenger does to a photo leaves the code in it readable."""
    written = io.BytesIO()
    segno.make(LINK, error="m", micro=False).save(written, kind="png", border=4, scale=12)
    await phone.send_photo(citizen, written.getvalue())

    found = await (await bot.get_file((await newest(bot)).photo[-1])).download_as_bytearray()

    assert [LINK] == [one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(found)))]


async def test_a_small_photo_has_its_own_size(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """A picture is never enlarged."""
    await phone.send_photo(citizen, png(60, 40))

    assert [(60, 40)] == [(one.width, one.height) for one in (await newest(bot)).photo]


@pytest.mark.parametrize("body", [b"", b"<html>", png(1, 1)[:40], png(9999, 2)])
async def test_what_is_no_photo_is_refused(phone: SandboxClient, citizen: int, body: bytes) -> None:
    """Something that cannot be read as a picture, or is too wide and high, is not sent."""
    with pytest.raises(SandboxError) as refused:
        await phone.send_photo(citizen, body)

    assert 400 == refused.value.status
    assert 1 == len(await phone.messages(citizen))


async def test_a_document_is_sent_as_it_is(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """A file keeps its name and its bytes."""
    await phone.send_document(citizen, "талон.png", png(2, 2))

    document = (await newest(bot)).document
    assert document is not None
    assert "талон.png" == document.file_name
    assert png(2, 2) == await (await bot.get_file(document)).download_as_bytearray()


async def test_other_things(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """Stickers, voices, places and contacts have no text; one's own contact names oneself."""
    await phone.share(citizen, "sticker", emoji="🙂")
    sticker = await newest(bot)
    await phone.share(citizen, "voice", seconds=7)
    voice = await newest(bot)
    await phone.share(citizen, "location", latitude=50.45, longitude=30.52)
    place = await newest(bot)
    await phone.share(citizen, "contact", phone_number="+380440000000")
    own = await newest(bot)
    await phone.share(citizen, "contact", phone_number="+380440000001", name="Іван", forwarded_from="Сусід")
    other = await newest(bot)

    assert sticker.sticker is not None
    assert voice.voice is not None
    assert place.location is not None
    assert own.contact is not None
    assert other.contact is not None
    assert "🙂" == sticker.sticker.emoji
    assert "audio/ogg" == voice.voice.mime_type
    assert (50.45, 30.52) == (place.location.latitude, place.location.longitude)
    assert (citizen, None) == (own.contact.user_id, other.contact.user_id)
    assert isinstance(other.forward_origin, MessageOriginHiddenUser)
    assert "Сусід" == other.forward_origin.sender_user_name
    assert [None] * 5 == [one.text for one in (sticker, voice, place, own, other)]


async def test_an_edited_message(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """Who changes what they wrote makes an edited_message under the old id; the bot's stays the bot's."""
    written = await phone.say(citizen, "where is it")
    sent = await bot.send_message(citizen, "?")

    edited = await phone.edit(citizen, written["message_id"], "where is my passport")

    update = (await bot.get_updates(timeout=5))[-1]
    assert edited["edited"]
    assert update.message is None
    assert update.edited_message is not None
    assert (written["message_id"], "where is my passport") == (
        update.edited_message.message_id,
        update.edited_message.text,
    )
    for number, status in ((sent.message_id, 409), (99, 404)):
        with pytest.raises(SandboxError) as refused:
            await phone.edit(citizen, number, "x")
        assert status == refused.value.status


async def test_the_bot_sends_a_document(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """An uploaded file with a caption shows on the phone and opens there; its id sends it again."""
    sent = await bot.send_document(
        citizen, b"<h1>All of it</h1>", "<b>Усе про вас</b>", parse_mode="HTML", filename="дані.html"
    )
    assert sent.document is not None
    again = await bot.send_document(citizen, sent.document.file_id, protect_content=True)

    first, second = (await phone.messages(citizen))[-2:]
    assert ("Усе про вас", "дані.html") == (first["text"], first["attachment"]["file_name"])
    assert b"<h1>All of it</h1>" == await phone.file(first["attachment"]["file_id"])
    assert first["attachment"] == second["attachment"]
    assert ("", True) == (second["text"], second["protected"])
    assert again.has_protected_content
    assert [200, 200] == [call["status"] for call in await phone.calls("sendDocument")]
    with pytest.raises(BadRequest, match=r"(?i)there is no text in the message to edit"):
        await bot.edit_message_text("x", citizen, sent.message_id)


async def test_a_bad_document_is_refused(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """No file, an empty one, an unknown id and a caption that is too long are each a BadRequest."""
    for document, caption, why in (
        (b"", "", "file must be non-empty"),
        ("nonsense", "", "wrong remote file identifier"),
        (b"x", "я" * 1025, "message caption is too long"),
    ):
        with pytest.raises(BadRequest, match=rf"(?i){why}"):
            await bot.send_document(citizen, document, caption, filename="x")
    with pytest.raises(BadRequest, match=r"(?i)there is no document"):
        await bot.do_api_request("SendDocument", {"chat_id": citizen})
    with pytest.raises(BadRequest, match=r"(?i)invalid file_id"):
        await bot.get_file("nonsense")

    assert 1 == len(await phone.messages(citizen))


async def test_files_are_for_the_token_that_has_them(http: httpx.AsyncClient) -> None:
    """Downloads want the bot's token and a path that exists; neither tells more than that."""
    known = await http.get(f"/file/bot{SETTINGS.bot_token}/photos/file_0.jpg")
    stranger = await http.get(f"/file/bot1:{'a' * 35}/photos/file_0.jpg")

    assert [404, 401] == [known.status_code, stranger.status_code]


async def test_a_file_does_nothing_in_the_browser(
    bot: Bot, phone: SandboxClient, http: httpx.AsyncClient
) -> None:
    """A file is shown without scripts and without an origin, and what is not to be shown is saved."""
    citizen = await phone.create_citizen("Олена")
    await phone.say(citizen, "/start")
    page = await bot.send_document(citizen, b"<script>1</script>", filename="x.html")
    archive = await bot.send_document(citizen, b"PK", filename="x.zip")
    assert page.document is not None
    assert archive.document is not None

    shown = await http.get(f"/phone/api/files/{page.document.file_id}")
    saved = await http.get(f"/phone/api/files/{archive.document.file_id}")

    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "text/html; charset=utf-8" == shown.headers["Content-Type"]
    assert ["attachment", None] == [one.headers.get("Content-Disposition") for one in (saved, shown)]
