"""The Telegram channel, with the real python-telegram-bot, against the simulated Telegram."""

import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import aiohttp
import pytest

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.script import KINDS, FaultKind
from sandbox.telegram.world.limits import limit_settings
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.transport import Timeouts
from services.notifier.domain.incoming import Blocked, Said, Started, Tapped, Unblocked
from services.notifier.domain.messages import Button, Message
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.wording.markup import bold, literal
from tests.waiting import until

MARK = "MARKED-part-of-the-test-bot-012345"
TOKEN = f"7000000002:{MARK}"
SETTINGS = SandboxSettings(port=0, bot_token=TOKEN, limits=limit_settings(0, 0))
QUICK = Timeouts(connect=2.0, read=0.5)
KEY = uuid4()
HELLO = Message((*bold("Hello"), *literal(" & welcome")), ((Button("Yes", "y:1"), Button("No", "n")),))

# Each fault, the kind of result that it becomes, and whether the phone shows the message.
FATES: dict[FaultKind, tuple[type[Result], bool]] = {
    "throttle_chat": (Throttled, False),
    "throttle_bot": (Throttled, False),
    "blocked": (Unreachable, False),
    "deactivated": (Unreachable, False),
    "chat_not_found": (Unreachable, False),
    "cant_parse": (Permanent, False),
    "too_long": (Permanent, False),
    "migrate": (Moved, False),
    "unauthorized": (AccountDown, False),
    "server_error": (Unknown, False),
    "bad_gateway_html": (Unknown, False),
    "store_then_drop": (Unknown, True),
    "drop_before_store": (Unknown, False),
    "hang": (Unknown, True),
    "slow": (Accepted, True),
    "truncated_json": (Unknown, True),
}


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
    async with TelegramChannel.open(TOKEN, base_url, timeouts=QUICK) as opened:
        yield opened


@pytest.fixture
async def chat(sandbox: SandboxClient) -> str:
    """The address of a citizen who has started the bot."""
    citizen = await sandbox.create_citizen("Olena", "uk")
    await sandbox.say(citizen, "/start")
    return str(citizen)


async def shown(sandbox: SandboxClient, chat: str) -> list[str]:
    return [message["text"] for message in await sandbox.messages(int(chat)) if message["from"] == "bot"]


async def calls_running(sandbox: SandboxClient, method: str) -> bool:
    return any(call["status"] is None for call in await sandbox.calls(method))


async def test_sends_text_and_buttons(channel: TelegramChannel, sandbox: SandboxClient, chat: str) -> None:
    """A message arrives with its formatting and its buttons, and the messenger's id comes back."""
    result = await channel.send(chat, HELLO, KEY)

    message = (await sandbox.messages(int(chat)))[-1]
    assert result == Accepted(str(message["message_id"]))
    assert message["text"] == "Hello & welcome"
    assert [[("Yes", "y:1"), ("No", "n")]] == [
        [(button["text"], button["data"]) for button in row] for row in message["buttons"]
    ]


def test_every_fault_has_a_fate() -> None:
    """No fault that the simulator knows is left out below."""
    assert set(KINDS) == FATES.keys()


@pytest.mark.parametrize("fault", KINDS)
async def test_faults(channel: TelegramChannel, sandbox: SandboxClient, chat: str, fault: FaultKind) -> None:
    """Each thing that may go wrong becomes its one result, and only an unknown one may have been shown."""
    kind, stored = FATES[fault]
    seconds = {"slow": 0.05, "hang": 5.0}.get(fault, 0.0)
    await sandbox.lay_fault(fault, seconds=seconds, retry_after=7)

    result = await channel.send(chat, HELLO, KEY)

    assert kind is type(result)
    assert stored is bool(await shown(sandbox, chat))


async def test_details_of_refusals(channel: TelegramChannel, sandbox: SandboxClient, chat: str) -> None:
    """A refusal says how long to wait, why somebody cannot be reached, what was wrong with the message."""
    wanted: dict[FaultKind, object] = {
        "throttle_chat": 7.0,
        "blocked": "blocked",
        "deactivated": "deactivated",
        "chat_not_found": "not_found",
        "cant_parse": "unparseable",
    }
    found: dict[str, object] = {}
    for fault in wanted:
        await sandbox.lay_fault(fault, retry_after=7)
        result = await channel.send(chat, HELLO, KEY)
        found[fault] = result.seconds if isinstance(result, Throttled) else getattr(result, "reason", None)

    assert wanted == found


async def test_one_refusal_pauses_its_chat(
    channel: TelegramChannel, sandbox: SandboxClient, chat: str
) -> None:
    """A single 429 is taken for its chat's, however often that chat is refused."""
    await sandbox.lay_fault("throttle_chat", chat_id=int(chat), times=5, retry_after=3)

    results = [await channel.send(chat, HELLO, KEY) for _ in range(5)]

    assert [Throttled(3.0, "chat")] * 5 == results


async def test_many_refusals_pause_the_account(channel: TelegramChannel, sandbox: SandboxClient) -> None:
    """When three chats are refused in a row, it is the account; not where another got through between."""
    chats = [str(await sandbox.create_citizen(name)) for name in ("Ada", "Bo", "Cy")]
    for address in chats:
        await sandbox.say(int(address), "/start")
    for address in chats[:2]:
        await sandbox.lay_fault("throttle_chat", chat_id=int(address), retry_after=1)
        await channel.send(address, HELLO, KEY)
    await channel.send(chats[2], HELLO, KEY)
    await sandbox.lay_fault("throttle_bot", times=3, retry_after=2)

    results = [await channel.send(address, HELLO, KEY) for address in reversed(chats)]

    assert [Throttled(2.0, "chat"), Throttled(2.0, "chat"), Throttled(2.0, "account")] == results


async def test_strangers_cannot_be_written_to(channel: TelegramChannel, sandbox: SandboxClient) -> None:
    """Whoever never started the bot, or does not exist, is unreachable."""
    stranger = str(await sandbox.create_citizen("Ivan"))

    results = [await channel.send(address, HELLO, KEY) for address in (stranger, "987654")]

    assert [Unreachable("never_started"), Unreachable("not_found")] == results


async def test_edits(channel: TelegramChannel, sandbox: SandboxClient, chat: str) -> None:
    """A message is replaced in place, the same again is no failure, and a lost one is sent anew."""
    sent = await channel.send(chat, HELLO, KEY)
    assert isinstance(sent, Accepted)
    other = Message(literal("Other"), replaces=sent.reference)

    results = [await channel.send(chat, other, KEY), await channel.send(chat, other, KEY)]
    anew = await channel.send(chat, replace(other, text=literal("Anew"), replaces="4711"), KEY)

    assert [sent, sent] == results
    assert isinstance(anew, Accepted)
    assert ["Other", "Anew"] == await shown(sandbox, chat)


async def test_no_connection_is_not_sent() -> None:
    """Where nobody listens, nothing was sent, and the result says so."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with TelegramChannel.open(TOKEN, f"http://127.0.0.1:{port}", timeouts=QUICK) as channel:
            result = await channel.send("1", HELLO, KEY)

    assert isinstance(result, NotSent)


async def test_waiting_for_a_connection_is_not_sent(sandbox: SandboxClient, base_url: str, chat: str) -> None:
    """A call that never got one of the pooled connections was not sent."""
    await sandbox.lay_fault("hang", method="getUpdates", seconds=30)
    timeouts = Timeouts(connect=0.2, read=5.0)
    async with (
        TelegramChannel.open(TOKEN, base_url, timeouts=timeouts, connections=1) as channel,
        asyncio.TaskGroup() as group,
    ):
        polling = group.create_task(channel.fetch(None, 20))
        await until(lambda: sandbox.calls("getUpdates"))
        result = await channel.send(chat, HELLO, KEY)
        polling.cancel()

    assert isinstance(result, NotSent)
    assert [] == await shown(sandbox, chat)


async def test_fetches_what_citizens_do(channel: TelegramChannel, sandbox: SandboxClient, chat: str) -> None:
    """Starts with and without a payload, texts, taps, a block and an unblock arrive in order, once."""
    citizen = int(chat)
    sent = await channel.send(chat, HELLO, KEY)
    assert isinstance(sent, Accepted)
    await sandbox.say(citizen, "/start abcDEF-_123")
    await sandbox.say(citizen, "де паспорт?")
    await sandbox.press(citizen, int(sent.reference), "y:1")
    await sandbox.block(citizen)
    await sandbox.block(citizen, blocked=False)

    found = await channel.fetch(None, 0)
    again = await channel.fetch(found[-1].number, 0)

    bodies = [incoming.body for incoming in found]
    taps = [body for body in bodies if isinstance(body, Tapped)]
    rest = [body for body in bodies if not isinstance(body, Tapped)]
    assert [Started(None), Started("abcDEF-_123"), Said("де паспорт?"), Blocked(), Unblocked()] == rest
    assert [("y:1", sent.reference)] == [(tap.data, tap.message) for tap in taps]
    assert {(chat, True, "uk")} == {(one.address, one.private, one.language) for one in found}
    assert [] == again


async def test_a_long_poll_ends_with_the_first_message(
    channel: TelegramChannel, sandbox: SandboxClient, chat: str
) -> None:
    """A waiting fetch returns as soon as somebody writes."""
    first = await channel.fetch(None, 0)
    async with asyncio.TaskGroup() as group:
        polling = group.create_task(channel.fetch(first[-1].number, 30))
        await until(lambda: calls_running(sandbox, "getUpdates"))
        await sandbox.say(int(chat), "hello")

    assert [Said("hello")] == [incoming.body for incoming in polling.result()]


async def test_a_tap_is_answered_once(channel: TelegramChannel, sandbox: SandboxClient, chat: str) -> None:
    """Answering a tap never raises, not even for one that is too old."""
    sent = await channel.send(chat, HELLO, KEY)
    assert isinstance(sent, Accepted)
    query = await sandbox.press(int(chat), int(sent.reference), "n")

    for _ in range(2):
        await channel.acknowledge(Tapped("n", sent.reference, query))

    assert [200, 400] == [call["status"] for call in await sandbox.calls("answerCallbackQuery")]


async def test_a_wrong_token_is_told_without_it(base_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """With a revoked token sending is the account's failure and fetching raises; neither holds the token."""
    caplog.set_level(logging.DEBUG)
    wrong = f"7000000003:{MARK}"
    async with TelegramChannel.open(wrong, base_url, timeouts=QUICK) as channel:
        result = await channel.send("1", HELLO, KEY)
        with pytest.raises(ChannelDownError) as caught:
            await channel.fetch(None, 0)

    assert isinstance(result, AccountDown)
    assert MARK not in f"{result} {caught.value!r} {caplog.text}"


@pytest.mark.parametrize("fault", KINDS)
async def test_nothing_tells_the_token(
    channel: TelegramChannel,
    sandbox: SandboxClient,
    chat: str,
    fault: FaultKind,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever goes wrong, in sending or fetching, no log line, result or traceback holds the token."""
    caplog.set_level(logging.DEBUG)
    await sandbox.lay_fault(fault, seconds=1)
    await sandbox.lay_fault(fault, method="getUpdates", seconds=1)

    told = [repr(await channel.send(chat, HELLO, KEY))]
    try:
        await channel.fetch(None, 0)
    except ChannelDownError:
        told.append(traceback.format_exc())

    assert MARK not in "".join(told) + caplog.text


async def test_another_poller_is_a_channel_that_is_down(channel: TelegramChannel, base_url: str) -> None:
    """While a webhook is set, fetching is refused and says why."""
    async with aiohttp.ClientSession() as session:
        await session.post(f"{base_url}/bot{TOKEN}/setWebhook", json={"url": "http://127.0.0.1:8443/hook"})

    with pytest.raises(ChannelDownError, match="webhook is active"):
        await channel.fetch(None, 0)
