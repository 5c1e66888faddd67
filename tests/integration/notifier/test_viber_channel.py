"""Viber's calls over real HTTP: what goes out, and what each answer means."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from aiohttp import web

from services.notifier.channels.base import Channel, ChannelDownError
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.throttle import CHATS
from services.notifier.channels.viber.channel import ACCOUNT_SECONDS, ViberChannel
from services.notifier.channels.viber.statuses import CHAT_SECONDS
from services.notifier.channels.viber.webhook import posts_of
from services.notifier.domain.incoming import Tapped
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
from tests.integration.notifier.viber_peer import (
    Answer,
    Peer,
    body,
    endless,
    reset,
    status,
    truncated,
    viber_peer,
)

TOKEN = "MARKED-part-of-the-token-445da6az"  # noqa: S105 - a test's own
ADDRESS = "01234567890A="
KEY = UUID(int=1)
REFERENCE = 5741311803571721087
HELLO = Message((Run("Ваш "), Run("паспорт", bold=True)), ((Button("Ще", "m:1"),),))
QUICK = Timeouts(connect=2.0, read=0.5)
ACCEPTED = status(0, message_token=REFERENCE)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with viber_peer() as found:
        yield found


@pytest.fixture
async def channel(peer: Peer) -> AsyncIterator[ViberChannel]:
    async with ViberChannel.open(TOKEN, "Migration service", f"{peer.url}/", timeouts=QUICK) as channel:
        yield channel


async def send(channel: ViberChannel, address: str = ADDRESS) -> Result:
    return await channel.send(address, HELLO, KEY)


async def test_a_message_goes_out(peer: Peer, channel: ViberChannel) -> None:
    """A message is sent to one person with the token in a header alone, and kept by Viber's token of it."""
    peer.say("send_message", ACCEPTED)

    assert Accepted(str(REFERENCE)) == await send(channel)
    ((_, sent, headers),) = peer.calls
    assert TOKEN == headers["X-Viber-Auth-Token"]
    assert (ADDRESS, "Ваш паспорт", {"name": "Migration service"}) == (
        sent["receiver"],
        sent["text"],
        sent["sender"],
    )
    assert TOKEN not in str(sent)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (status(6), Unreachable("blocked")),
        (status(2), AccountDown("2 invalidAuthToken: why")),
        (status(2, http=401), AccountDown("2 invalidAuthToken: why")),
        (status(3), Permanent("rejected", "3 badData: why")),
        (status(99), NotSent("99 unknown: why")),
        (status(12), Throttled(CHAT_SECONDS, "chat")),
        (status(0), Unknown("no message token in the answer")),
        (status(0, message_token=5.5), Unknown("no message token in the answer")),
        (status(0, http=202, message_token=7), Unknown("HTTP 202")),
        (status("0"), Unknown("HTTP 200")),
        (status(None), Unknown("HTTP 200")),
        (status(0.0, message_token=7), Unknown("HTTP 200")),
        (status(6, http=500), Unknown("HTTP 500")),
        (body(b"<html>", 502), Unknown("HTTP 502 without JSON")),
        (body(b"<html>", 403), Unknown("HTTP 403 without JSON")),
        (body(b"[0]"), Unknown("HTTP 200 without JSON")),
        (body(b'{"status": 0, "mess'), Unknown("HTTP 200 without JSON")),
        (body(b'{"status":0,"message_token":1}' * 2), Unknown("HTTP 200 without JSON")),
        (body(b"", 307, {"Location": "http://127.0.0.1:1/"}), Unknown("HTTP 307 without JSON")),
        (body(b"", 413), Permanent("too_long", "HTTP 413")),
        (body(b"", 429, {"Retry-After": "7"}), Throttled(7.0, "account")),
        (body(b"", 429, {"Retry-After": "nan"}), Throttled(1.0, "account")),
        (body(b"", 429, {"Retry-After": "1e9"}), Throttled(3600.0, "account")),
        (body(b"", 429), Throttled(1.0, "account")),
        (truncated, Unknown("ClientPayloadError")),
        (reset, Unknown("ServerDisconnectedError")),
        (endless, Unknown("an answer without end")),
    ],
)
async def test_what_an_answer_means(
    peer: Peer, channel: ViberChannel, answer: Answer, result: Result
) -> None:
    """A whole answer says what came of a message; after any other it may have been sent."""
    peer.say("send_message", answer)

    assert result == await send(channel)


async def test_an_answer_that_does_not_come(peer: Peer, channel: ViberChannel) -> None:
    """Whoever does not answer in time may have sent the message, also where the answer trickles in."""
    hold = asyncio.Event()

    async def silent(_: web.Request) -> web.StreamResponse:
        await hold.wait()
        return web.Response()

    async def trickling(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not hold.is_set():
            await response.write(b" ")
            await asyncio.wait([asyncio.ensure_future(hold.wait())], timeout=0.2)
        return response

    results = []
    for answer in (silent, trickling):
        peer.say("send_message", answer)
        results.append(await send(channel))
    hold.set()

    assert [Unknown("no answer in time")] * 2 == results


async def test_without_a_connection_nothing_is_sent() -> None:
    """Where nobody listens, or the name leads nowhere, the message was surely not sent."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        async with ViberChannel.open(TOKEN, "A", f"http://127.0.0.1:{port}", timeouts=QUICK) as channel:
            result = await send(channel)

    assert isinstance(result, NotSent)


@pytest.mark.parametrize("host", ["x..example", "x" * 64 + ".example"])
async def test_a_host_that_is_none_is_never_reached(host: str) -> None:
    """An address of the API that cannot be one is no error but a message that was not sent."""
    async with ViberChannel.open(TOKEN, "A", f"https://{host}", timeouts=QUICK) as channel:
        assert isinstance(await send(channel), NotSent)


async def test_chats_that_are_refused_in_a_row_are_the_account(peer: Peer, channel: ViberChannel) -> None:
    """One chat that goes too fast waits for itself; several with nothing between make the account wait."""
    peer.say("send_message", status(12))
    alone = [await send(channel) for _ in range(5)]
    several: Sequence[Result] = [await send(channel, f"{number}=") for number in range(CHATS - 1)]
    peer.say("send_message", ACCEPTED, status(12))
    after = [await send(channel), await send(channel)]

    assert [Throttled(CHAT_SECONDS, "chat")] * 5 == alone
    assert Throttled(ACCOUNT_SECONDS, "account") == several[-1]
    assert [Accepted(str(REFERENCE)), Throttled(CHAT_SECONDS, "chat")] == after


async def test_what_viber_cannot_take_is_not_sent(peer: Peer, channel: ViberChannel) -> None:
    """A message beyond Viber's limits is refused without a call."""
    refused = await channel.send(ADDRESS, Message((Run("я" * 7001),)), KEY)

    assert isinstance(refused, Permanent)
    assert [] == peer.calls


async def test_the_door_is_made_known(peer: Peer, channel: ViberChannel) -> None:
    """Viber is told the address and which events are wanted; names and photos of people are not."""
    peer.say("set_webhook", status(0), status(1))
    posts = posts_of("https://x.example", TOKEN, "A")

    assert [True, False] == [await channel.receive_by(posts), await channel.receive_by(posts)]
    asked, _ = peer.asked("set_webhook")
    assert posts.url == asked["url"]
    assert {"delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"} == set(
        asked["event_types"]
    )
    assert (False, False) == (asked["send_name"], asked["send_photo"])


async def test_viber_answers_only_after_the_door_did(peer: Peer, channel: ViberChannel) -> None:
    """That the door is set may take longer than a message: Viber posts to it before it answers."""

    async def later(_: web.Request) -> web.StreamResponse:
        await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=2 * QUICK.read)
        return web.json_response({"status": 0})

    peer.say("set_webhook", later)

    assert await channel.receive_by(posts_of("https://x.example", TOKEN, "A"))


async def test_updates_are_only_posted(peer: Peer, channel: ViberChannel) -> None:
    """Viber keeps no updates to be fetched, and is told nothing of the kind."""
    whole: Channel = channel
    assert not await channel.receive_by(None)
    with pytest.raises(ChannelDownError):
        await channel.fetch(None, 1)
    await whole.acknowledge(Tapped("st", None, ""))
    assert await whole.introduce({})
    assert [] == peer.calls


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (status(0, uri="exampledocs"), "exampledocs"),
        (status(0), None),
        (status(0, uri=7), None),
        (status(0, uri=""), None),
        (status(2, uri="exampledocs"), None),
        (body(b"", 502), None),
        (reset, None),
    ],
)
async def test_the_public_name(peer: Peer, channel: ViberChannel, answer: Answer, name: str | None) -> None:
    """The name that links lead to is Viber's to tell; where it does not, none is known."""
    peer.say("get_account_info", answer)

    assert name == await channel.published_name()


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("exampledocs", "viber://pa?chatURI=exampledocs&context=abc_-1"),
        ("a&b=c", "viber://pa?chatURI=a%26b%3Dc&context=abc_-1"),
    ],
)
async def test_an_invitation(channel: ViberChannel, name: str, link: str) -> None:
    """A link opens the conversation and brings its payload along."""
    assert link == channel.invitation(name).link("abc_-1")


@pytest.mark.parametrize("answer", [status(2), status(3), body(b"x", 500), reset, truncated, status(1)])
async def test_the_token_is_told_to_nobody(
    peer: Peer, channel: ViberChannel, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong, no result, log line or name of ours holds the token, an address or a text."""
    caplog.set_level(logging.DEBUG)
    for method in ("send_message", "set_webhook", "get_account_info"):
        peer.say(method, answer)
    posts = posts_of("https://x.example", TOKEN, "A")
    told = [
        await send(channel),
        await channel.receive_by(posts),
        await channel.published_name(),
        channel,
        posts,
    ]

    for secret in (TOKEN, ADDRESS, "паспорт", posts.path):
        assert secret not in repr(told) + caplog.text
