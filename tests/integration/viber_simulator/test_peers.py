"""Viber's own library and its asynchronous heir speak to the simulator, as independent peers."""

import asyncio
from typing import Any

import aioviberbot  # type: ignore[import-untyped]  # it has no types
import aioviberbot.api.messages  # type: ignore[import-untyped]  # it has no types
import pytest
import viberbot  # type: ignore[import-untyped]  # it has no types
import viberbot.api.messages  # type: ignore[import-untyped]  # it has no types
from aioviberbot.api.errors import ViberRequestError  # type: ignore[import-untyped]  # it has no types

from sandbox.clients.viber import ViberClient
from sandbox.settings import VIBER_TOKEN
from tests.integration.viber_simulator.conftest import LINK, Bot, Hook

KEYBOARD = {
    "Type": "keyboard",
    "Buttons": [{"ActionType": "reply", "ActionBody": "yes", "Text": "Yes", "Columns": 6, "Rows": 1}],
}
CONFIGURATION = {"name": "Docwatch", "avatar": "", "auth_token": VIBER_TOKEN}
EVENTS = ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"]


@pytest.fixture
def library(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401  # it has no types
    """Viber's own library; it blocks, so it is called in a thread."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = viberbot.Api(viberbot.BotConfiguration(**CONFIGURATION))
    made._request_sender._viber_bot_api_url = bot.base
    return made


@pytest.fixture
def heir(bot: Bot) -> Any:  # noqa: ANN401  # it has no types
    """Its asynchronous heir."""
    made = aioviberbot.Api(aioviberbot.BotConfiguration(**CONFIGURATION), client_session=bot.session)
    made._request_sender._viber_bot_api_url = bot.base
    return made


async def test_the_library_sends_and_asks(library: Any, viber: ViberClient, hook: Hook, olena: int) -> None:  # noqa: ANN401
    """Webhook, account, messages with a keyboard, details and online status pass through Viber's library."""
    text = viberbot.api.messages.TextMessage(text="Ваш документ", keyboard=KEYBOARD, tracking_data="d-1")
    alone = viberbot.api.messages.KeyboardMessage(keyboard=KEYBOARD)
    picture = viberbot.api.messages.PictureMessage(media="https://x.example/p.jpg")

    assert EVENTS == await asyncio.to_thread(library.set_webhook, hook.url)
    receiver = (await viber.subscribe(olena))["user_id"]
    tokens = await asyncio.to_thread(library.send_messages, receiver, [text, alone, picture])
    info = await asyncio.to_thread(library.get_account_info)
    details = await asyncio.to_thread(library.get_user_details, receiver)
    (online,) = await asyncio.to_thread(library.get_online, [receiver])
    assert [] == await asyncio.to_thread(library.unset_webhook)

    shown = await viber.messages(olena)
    assert tokens == [message["message_token"] for message in shown]
    assert ["text", None, "picture"] == [message["type"] for message in shown]
    assert ("docwatchsandbox", "Олена", 0) == (info["uri"], details["name"], online["online_status"])


async def test_the_heir_sends_and_is_refused(heir: Any, viber: ViberClient, hook: Hook, olena: int) -> None:  # noqa: ANN401
    """Its asynchronous heir sends, and turns a status into its error."""
    file = aioviberbot.api.messages.FileMessage(
        media="https://x.example/f.pdf", size=10_000, file_name="f.pdf"
    )
    assert EVENTS[:2] == await heir.set_webhook(hook.url, EVENTS[:2])
    receiver = (await viber.subscribe(olena))["user_id"]

    (token,) = await heir.send_messages(receiver, file)
    await viber.block(olena)
    with pytest.raises(ViberRequestError, match="status: 6"):
        await heir.send_messages(receiver, file)
    with pytest.raises(ViberRequestError, match="status: 19"):
        await heir.broadcast_messages([receiver], file)

    assert [token] == [message["message_token"] for message in await viber.messages(olena)]


async def everything_happens(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    await viber.open(olena, f"{LINK}&context=tok-1")
    receiver = (await viber.subscribe(olena))["user_id"]
    await viber.say(olena, "hello")
    await viber.share(olena, "contact", phone_number="+380670000000", name="Олена")
    await viber.share(olena, "location", latitude=50.45, longitude=30.52)
    await viber.share(olena, "sticker")
    await viber.share(olena, "url", url="https://x.example/")
    await viber.send_document(olena, "f.pdf", b"%PDF-")
    await viber.lay_fault("failed_later", nth=2)
    for text in ("one", "two"):
        await bot.text(receiver, text)
    await viber.read(olena)
    await viber.block(olena)
    await live.some("unsubscribed")


@pytest.mark.parametrize("which", ["library", "heir"])
async def test_they_verify_and_read_every_callback(  # noqa: PLR0917  # both peers and all ends of the world
    request: pytest.FixtureRequest,
    bot: Bot,
    viber: ViberClient,
    live: Hook,
    olena: int,
    which: str,
) -> None:
    """Both accept the signature of each callback, refuse it for other bytes, and read what it says."""
    api = request.getfixturevalue(which)
    await everything_happens(bot, viber, live, olena)

    read = []
    for got in live.got:
        assert api.verify_signature(got.raw, got.signature)
        assert not api.verify_signature(got.raw + b" ", got.signature)
        read.append(api.parse_request(got.raw.decode()))

    assert {body["event"] for body in live.events()} | {"webhook"} == {one.event_type for one in read}
    assert 8 == len({one.event_type for one in read})
    started = next(one for one in read if one.event_type == "conversation_started")
    assert ("tok-1", "Олена", False) == (started.context, started.user.name, started.subscribed)
    said = [one.message for one in read if one.event_type == "message"]
    assert ["hello", None, None, None, None, None] == [getattr(one, "text", None) for one in said]
    assert "f.pdf" == said[-1].file_name
    (failed,) = [one for one in read if one.event_type == "failed"]
    assert failed.desc
