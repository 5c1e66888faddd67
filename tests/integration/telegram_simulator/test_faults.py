"""The script's faults, as python-telegram-bot sees them, and what the phone shows afterwards."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from sandbox.clients.telegram import SandboxClient
from sandbox.telegram.script import KINDS, FaultKind
from sandbox.telegram.world.model import Json
from tests.integration.telegram_simulator.conftest import SETTINGS

# Each fault, the exception it becomes, the status in the record, and whether the phone shows the message.
FATES: dict[FaultKind, tuple[type[TelegramError] | None, int | None, bool]] = {
    "throttle_chat": (RetryAfter, 429, False),
    "throttle_bot": (RetryAfter, 429, False),
    "blocked": (Forbidden, 403, False),
    "deactivated": (Forbidden, 403, False),
    "chat_not_found": (BadRequest, 400, False),
    "cant_parse": (BadRequest, 400, False),
    "too_long": (BadRequest, 400, False),
    "migrate": (ChatMigrated, 400, False),
    "unauthorized": (InvalidToken, 401, False),
    "server_error": (NetworkError, 500, False),
    "bad_gateway_html": (NetworkError, 502, False),
    "store_then_drop": (NetworkError, None, True),
    "drop_before_store": (NetworkError, None, False),
    "hang": (TimedOut, 200, True),
    "slow": (None, 200, True),
    "truncated_json": (TelegramError, 200, True),
}


@pytest.fixture
async def bot(base_url: str) -> AsyncIterator[Bot]:
    """A bot that soon gives up: what hangs hangs for good."""
    request = HTTPXRequest(read_timeout=0.5)
    async with Bot(SETTINGS.bot_token, base_url=f"{base_url}/bot", request=request) as found:
        yield found


@pytest.fixture
async def citizen(phone: SandboxClient) -> int:
    found = await phone.create_citizen("Олена")
    await phone.say(found, "/start")
    return found


async def shown_by_bot(phone: SandboxClient, citizen: int) -> list[str]:
    return [message["text"] for message in await phone.messages(citizen) if message["from"] == "bot"]


def test_every_fault_has_its_fate() -> None:
    """No fault goes untested."""
    assert set(KINDS) == set(FATES)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_meets_one_call(bot: Bot, phone: SandboxClient, citizen: int, kind: FaultKind) -> None:
    """A fault strikes the call it was laid for; the phone shows the message or not; the next call passes."""
    error, status, stored = FATES[kind]
    seconds = 0.05 if kind == "slow" else 30
    await phone.lay_fault(kind, chat_id=citizen, nth=2, seconds=seconds, retry_after=0)
    await bot.send_message(citizen, "one", parse_mode="HTML")

    if error is None:
        await bot.send_message(citizen, "two", parse_mode="HTML")
    elif kind.startswith("throttle"):
        # PTB takes a retry_after of 0 for none.
        with pytest.raises(NetworkError):
            await bot.send_message(citizen, "two", parse_mode="HTML")
    else:
        with pytest.raises(error):
            await bot.send_message(citizen, "two", parse_mode="HTML")
    await bot.send_message(citizen, "three", parse_mode="HTML")

    assert ["one", *(["two"] if stored else []), "three"] == await shown_by_bot(phone, citizen)
    _, struck, _ = await phone.calls("sendMessage")
    assert kind == struck["fault"]
    assert stored == ("stored_message_id" in struck)
    assert status == struck["status"]


@pytest.mark.parametrize(("kind", "others_pass"), [("throttle_chat", True), ("throttle_bot", False)])
async def test_a_throttle_lasts(
    bot: Bot, phone: SandboxClient, citizen: int, kind: FaultKind, *, others_pass: bool
) -> None:
    """Until its time is over, a throttle refuses the chat, or the whole bot."""
    other = await phone.create_citizen("Other")
    await phone.say(other, "/start")
    await phone.lay_fault(kind, chat_id=citizen, retry_after=60)

    for _ in range(2):
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(citizen, "x")
        assert refused.value.retry_after in {timedelta(seconds=59), timedelta(seconds=60)}

    if others_pass:
        await bot.send_message(other, "x")
    else:
        with pytest.raises(RetryAfter):
            await bot.send_message(other, "x")


async def test_a_429_says_its_wait_in_every_form(base_url: str, phone: SandboxClient, citizen: int) -> None:
    """Description, parameters and header of a 429 name the same seconds."""
    await phone.lay_fault("throttle_chat", retry_after=7)

    async with httpx.AsyncClient() as client:
        url = f"{base_url}/bot{SETTINGS.bot_token}/sendMessage"
        response = await client.post(url, json={"chat_id": citizen, "text": "x"})

    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }


async def test_a_migrated_chat_is_reached_by_its_new_id(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """The id that a migration names leads to the same phone."""
    await phone.lay_fault("migrate")
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(citizen, "x")

    sent = await bot.send_message(moved.value.new_chat_id, "y")

    assert moved.value.new_chat_id == sent.chat.id
    assert await shown_by_bot(phone, citizen) == ["y"]


async def test_plain_text_passes_a_parse_error_by(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """A scripted parse error meets only calls with a parse mode, so a plain resend goes through."""
    await phone.lay_fault("cant_parse", times=5)

    with pytest.raises(BadRequest, match=r"(?i)can't parse entities"):
        await bot.send_message(citizen, "x", parse_mode="HTML")
    await bot.send_message(citizen, "plain")

    assert await shown_by_bot(phone, citizen) == ["plain"]


async def test_one_hanging_chat_holds_nobody_else(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """While one reply is held back, other chats are answered."""
    other = await phone.create_citizen("Other")
    await phone.say(other, "/start")
    await phone.lay_fault("hang", chat_id=citizen, seconds=30)
    held = asyncio.create_task(bot.send_message(citizen, "x", read_timeout=20))

    async with asyncio.timeout(5):
        await bot.send_message(other, "y")

    assert not held.done()
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held


async def test_a_fault_can_meet_any_method(bot: Bot, phone: SandboxClient) -> None:
    """Where a method is named, the fault strikes there."""
    await phone.lay_fault("unauthorized", method="getMe")

    with pytest.raises(InvalidToken):
        await bot.get_me()


@pytest.mark.parametrize("order", [{"fault": "nonsense"}, {}, {"fault": "hang", "times": 0}])
async def test_a_senseless_fault_is_refused(base_url: str, order: Json) -> None:
    """An order that means nothing is a 400 that says where."""
    async with httpx.AsyncClient() as client:
        response = await client.post(f"{base_url}/script/faults", json=order)

    assert response.status_code == 400
    assert set(response.json()) == {"error"}


async def test_reset_begins_anew(bot: Bot, phone: SandboxClient, citizen: int) -> None:
    """After a reset nobody is there, no fault lies and no call is on record; update ids go on."""
    await phone.lay_fault("blocked")
    last = (await bot.get_updates())[-1].update_id

    await phone.reset()

    assert (await phone.all_messages(), await phone.calls()) == ([], [])
    again = await phone.create_citizen("Again")
    await phone.say(again, "/start")
    await bot.send_message(again, "x")
    assert (await bot.get_updates())[-1].update_id > last
    assert citizen == again
