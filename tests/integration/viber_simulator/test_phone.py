"""The phone's API of the Viber app: what citizens do, what pages are told, what survives a restart."""

import asyncio
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, SandboxError, sandbox_client
from sandbox.clients.viber import ViberClient, viber_client
from tests.integration.viber_simulator.conftest import LINK, SETTINGS, Bot, Hook

KEYBOARD = {
    "Type": "keyboard",
    "Buttons": [{"ActionBody": "yes"}, {"ActionBody": "no", "ActionType": "none"}],
}


def png(side: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(written, "PNG")
    return written.getvalue()


async def test_everybody_with_a_phone_has_an_account(
    viber: ViberClient, phone: SandboxClient, olena: int
) -> None:
    """An account is registered, unknown to the bot, and known by an id that tells nothing of the phone."""
    other = await phone.create_citizen("Other")

    account = await viber.account(olena)

    assert {
        "registered": True,
        "subscribed": False,
        "blocked": False,
        "met": False,
        "online": True,
        "devices": 1,
        "country": "UA",
        "api_version": 10,
        "unread": 0,
        "session_from": None,
        "keyboard": None,
        "last": None,
    } == {name: value for name, value in account.items() if name not in {"id", "user_id"}}
    assert (olena, 24) == (account["id"], len(account["user_id"]))
    assert account["user_id"] != await viber.user_id(other)


@pytest.mark.parametrize("side", [200, 3000])
async def test_a_picture_can_be_fetched_by_the_bot(
    bot: Bot, viber: ViberClient, live: Hook, olena: int, side: int
) -> None:
    """A picture comes as a JPEG at an address that needs no token, its thumbnail, too."""
    await viber.send_photo(olena, png(side), "my receipt")
    (event,) = await live.some("message")
    message = event["message"]

    async with bot.session.get(message["media"]) as response, bot.session.get(message["thumbnail"]) as small:
        found, thumbnail = await response.read(), await small.read()

    assert ("picture", "my receipt", len(found)) == (message["type"], message["text"], message["size"])
    assert ("image/jpeg", min(side, 1280)) == (response.content_type, Image.open(io.BytesIO(found)).width)
    assert len(thumbnail) < len(found)
    async with bot.session.get(message["media"] + "x") as nothing:
        assert 404 == nothing.status


async def test_other_things_are_sent(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """A file, a contact, a place, a sticker and a link come as the REST API writes them."""
    await viber.send_document(olena, "f.pdf", b"%PDF-1.7")
    await viber.share(olena, "contact", phone_number="+380670000000", name="Марія")
    await viber.share(olena, "location", latitude=50.5, longitude=30.5)
    await viber.share(olena, "sticker", sticker_id=7)
    await viber.share(olena, "url", url="https://x.example/")
    file, *others = [body["message"] for body in await live.some("message", 5)]

    async with bot.session.get(file["media"]) as response:
        assert b"%PDF-1.7" == await response.read()
    assert ("file", "f.pdf", 8) == (file["type"], file["file_name"], file["size"])
    assert [
        {"type": "contact", "contact": {"name": "Марія", "phone_number": "+380670000000"}},
        {"type": "location", "location": {"lat": 50.5, "lon": 30.5}},
        {"type": "sticker", "sticker_id": 7},
        {"type": "url", "media": "https://x.example/"},
    ] == others


async def test_a_scanned_receipt_is_noted(viber: ViberClient, phone: SandboxClient, olena: int) -> None:
    """Opening a receipt's link in Viber notes who scanned it."""
    receipt = {"receipt_id": "r", "document": "d", "holder": "h", "code": "c", "link": "l"}
    link = f"{LINK}&context=tok"
    body: Any = receipt | {"links": {"viber": link, "telegram": "l"}}
    await phone.put_receipts([body])

    await viber.open(olena, link)

    (seen,) = (await phone.state())["receipts"]
    assert ([olena], {"viber": link, "telegram": "l"}) == (seen["scanned_by"], seen["links"])


@pytest.mark.parametrize(
    "link",
    [
        "https://t.me/docwatch_sandbox_bot?start=a",
        "viber://pa?chatURI=other",
        "viber://chat?number=380",
        "viber://pa",
        f"{LINK}&context={'a' * 4001}",
        "viber://[",
        "javascript:alert(1)",
    ],
)
async def test_a_foreign_link_is_refused(viber: ViberClient, olena: int, link: str) -> None:
    """Only this bot's links can be opened."""
    with pytest.raises(SandboxError) as refused:
        await viber.open(olena, link)

    assert 400 == refused.value.status
    assert not (await viber.account(olena))["met"]


async def test_what_cannot_be_done_says_why(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """Unknown citizens, messages, buttons, empty texts, absent phones are each a 4xx with a reason."""
    receiver = (await viber.subscribe(olena))["user_id"]
    for text in ("first", "second"):
        await bot.text(receiver, text, keyboard=KEYBOARD)
    first, second = [message["message_id"] for message in await viber.messages(olena)]

    for status, deed in (
        (404, viber.say(5, "x")),
        (400, viber.say(olena, " ")),
        (400, viber.say(olena, "x" * 7001)),
        (404, viber.press(olena, 99, "yes")),
        (409, viber.press(olena, first, "yes")),
        (409, viber.press(olena, second, "maybe")),
        (409, viber.press(olena, second, "no")),
        (400, viber.send_photo(olena, b"no picture")),
        (400, viber.send_document(olena, "f", b"")),
        (400, viber.share(olena, "voice")),
        (400, viber.change(olena, devices=9)),
        (400, viber.change(olena, country="Ukraine")),
    ):
        with pytest.raises(SandboxError) as refused:
            await deed
        assert status == refused.value.status
    for change in ({"online": False}, {"online": True, "registered": False}):
        await viber.change(olena, **change)
        with pytest.raises(SandboxError) as refused:
            await viber.say(olena, "x")
        assert 409 == refused.value.status
    assert [] == live.events("message")


async def test_a_page_is_told_of_everything(
    base_url: str, bot: Bot, viber: ViberClient, hook: Hook, olena: int
) -> None:
    """The stream brings the bot's coming, accounts, messages and what was seen of them."""
    await viber.account(olena)
    async with bot.session.get(f"{base_url}/phone/api/stream") as response:
        await bot.call("set_webhook", url=hook.url)
        receiver = (await viber.subscribe(olena))["user_id"]
        await bot.text(receiver, "x", keyboard=KEYBOARD)
        await viber.read(olena)
        await bot.call("set_webhook", url="")
        found: list[tuple[str, Any]] = []
        async with asyncio.timeout(10):
            async for line in response.content:
                name, _, value = line.decode().strip().partition(": ")
                if name == "event":
                    found.append((value, None))
                elif name == "data":
                    found[-1] = (found[-1][0], json.loads(value))
                if found and found[-1][0] == "viber-bot" and found[-1][1] and not found[-1][1]["there"]:
                    break

    assert [
        ("viber-bot", True),
        ("viber-account", 0),
        ("viber-message", False),
        ("viber-account", 1),
        ("viber-message", True),
        ("viber-account", 0),
        ("viber-bot", False),
    ] == [(name, data.get("there", data.get("seen", data.get("unread")))) for name, data in found]
    assert [["yes"], ["no"]] == [[key["data"] for key in row] for row in found[3][1]["keyboard"]["rows"]]


async def test_nothing_is_forgotten(tmp_path: Path, hook: Hook) -> None:
    """Accounts, messages, files, the webhook and the callbacks that wait are there after a restart."""
    settings = replace(SETTINGS, data=tmp_path / "world.sqlite")
    hook.statuses = [200] + [500] * 3
    async with run_sandbox(settings) as url, viber_client(url) as viber, sandbox_client(url) as phone:
        async with aiohttp.ClientSession() as session:
            await Bot(f"{url}/viber/pa", session).call("set_webhook", url=hook.url)
        citizen = await phone.create_citizen("Олена")
        sent = await viber.send_photo(citizen, png(10))
        before = await viber.account(citizen)
        await hook.until(lambda hook: hook.events("message"))
    hook.statuses = []

    async with run_sandbox(settings) as url, viber_client(url) as viber:
        async with aiohttp.ClientSession() as session:
            bot = Bot(f"{url}/viber/pa", session)
            answer = await bot.text(before["user_id"], "still there?")
            async with session.get(url + sent["attachment"]["address"]) as response:
                assert 200 == response.status
        await hook.some("delivered", 2)
        shown = await viber.messages(citizen)

    assert [sent["message_token"], answer["message_token"]] == [message["message_token"] for message in shown]
    assert 1 == len({body["message_token"] for body in hook.events("message")})


async def test_without_viber_its_app_is_not_there() -> None:
    """Where it is switched off, neither its API nor its app is there."""
    async with (
        run_sandbox(replace(SETTINGS, viber=None)) as url,
        aiohttp.ClientSession(url) as session,
        session.get("/phone/api/state") as state,
        session.get("/phone/api/viber/state") as none,
    ):
        assert (["telegram", "email", "sms"], 404) == ((await state.json())["apps"], none.status)
