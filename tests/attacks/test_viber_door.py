"""Viber's door: without the token nothing is done, whatever is posted, and nobody is held up."""

import hmac
import io
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
import orjson
import pytest
from starlette.applications import Starlette

from services.notifier.channels.viber.webhook import LONGEST_BODY, SIGNATURE_HEADER, ViberPosts, posts_of
from services.notifier.inbound.webhook import Webhook
from tests.attacks.heartbeat import Heartbeat
from tests.integration.notifier.test_webhook import served
from tests.integration.notifier.world import World

TOKEN = "445da6az1s345z78-dazcczb2542zv51a"  # noqa: S105 - a test's own
LONGEST_HOLD = 0.25
POST = {
    "event": "message",
    "timestamp": 1772366400000,
    "message_token": 5741311803571721087,
    "sender": {"id": "01234567890A=", "language": "uk"},
    "message": {"type": "text", "text": "/help"},
}
GOOD = orjson.dumps(POST)
UNSIGNED = {SIGNATURE_HEADER: "0" * 64}


def signature(body: bytes, token: str = TOKEN) -> str:
    return hmac.digest(token.encode(), body, "sha256").hex()


@dataclass(frozen=True)
class Door:
    """An open door, and what came in."""

    posts: ViberPosts
    world: World

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int | None:
        """Post; return the status, None where the connection was ended before."""
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(self.posts.url, data=io.BytesIO(body), headers=headers) as response,
            ):
                return response.status
        except aiohttp.ClientError:
            return None

    async def signed(self, body: bytes) -> int | None:
        """Post what Viber signed."""
        return await self.post(body, {SIGNATURE_HEADER: signature(body)})

    async def taken(self) -> tuple[int, int]:
        """Return how many updates were dealt with and how many answers are under way."""
        return await self.world.count("handled_update"), await self.world.count("delivery")


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    posts = posts_of(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN, "A")
    app = Starlette(routes=[Webhook(posts, world.updates()).route()])
    async with served(app, listening):
        yield Door(posts, world)


async def test_what_viber_signed_is_taken_once(door: Door) -> None:
    """A post with Viber's signature over its very bytes is dealt with, however often it comes."""
    assert [200] * 3 == [await door.signed(GOOD) for _ in range(3)]
    assert (1, 1) == await door.taken()


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "0" * 64,
        signature(GOOD)[:-1],
        signature(GOOD) + "0",
        signature(GOOD) + "\u0663",
        f" {signature(GOOD)[:-1]}x",
        signature(b" " + GOOD),
        signature(GOOD, "another"),
        signature(GOOD, ""),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        TOKEN,
    ],
)
async def test_without_the_signature_nothing_is_taken(door: Door, given: str | None) -> None:
    """Whoever does not sign the very bytes with the token is refused, and nothing is looked at."""
    headers = {} if given is None else {SIGNATURE_HEADER: given}

    assert 401 == await door.post(GOOD, headers)
    assert (0, 0) == await door.taken()


async def test_a_signature_is_for_one_body(door: Door) -> None:
    """A signature that was overheard signs nothing else, not even the same in other words."""
    other = orjson.dumps(POST | {"sender": {"id": "B="}})
    spaced = orjson.dumps(POST, option=orjson.OPT_INDENT_2)

    overheard = {SIGNATURE_HEADER: signature(GOOD)}
    assert [401, 401] == [await door.post(body, overheard) for body in (other, spaced)]
    assert (0, 0) == await door.taken()


DEEP = 100_000
COSTLY = {
    "deep lists": b"[" * DEEP,
    "deep lists, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"event":' * 20_000,
    "deep inside": b'{"event":"message","message_token":7,"message":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a long number": b'{"event":"message","message_token":' + b"9" * 200_000 + b"}",
    "many keys": b"{" + b",".join(b'"%d":0' % number for number in range(20_000)) + b"}",
    "the same keys": b"{" + b'"event":"message",' * 10_000 + b'"event":"x"}',
    "not UTF-8": b'{"event":"\xff"}',
    "half a character": b'{"event":"message","message_token":7,"message":{"text":"\\ud800"}}',
    "zeros": b"\0" * 200_000,
}


@pytest.mark.parametrize("kind", COSTLY)
async def test_costly_bodies_hold_up_nobody(door: Door, kind: str) -> None:
    """A body that is made to be costly is answered at once, also where the token was stolen."""
    async with Heartbeat() as heart:
        statuses = [
            await door.signed(COSTLY[kind]),
            await door.post(COSTLY[kind], UNSIGNED),
        ]

    assert statuses in ([400, 401], [200, 401])
    assert (0, 0) == await door.taken()
    assert heart.longest < LONGEST_HOLD


async def test_a_body_without_end_is_not_read(door: Door) -> None:
    """What is longer than Viber's posts are is refused before the end, and without a signature unread."""
    longest = GOOD + b" " * (LONGEST_BODY - len(GOOD))

    assert 200 == await door.signed(longest)
    assert await door.signed(longest + b" ") in {400, None}
    assert await door.post(b" " * 50_000_000, UNSIGNED) in {400, 401, None}
    assert await door.post(b" " * 50_000_000, {}) in {401, None}
    assert (1, 1) == await door.taken()


@pytest.mark.parametrize("receipt", ["delivered", "seen", "failed"])
async def test_receipts_of_unknown_messages_are_harmless(door: Door, receipt: str) -> None:
    """What is told of messages that we never sent, or of strangers, changes nothing."""
    bodies = [
        orjson.dumps({"event": receipt, "message_token": token, "user_id": user, "desc": "x" * 5000})
        for token in (-1, 2**63 - 1)
        for user in ("7", "stranger=")
    ]
    await door.world.person("7")

    assert [200] * 4 == [await door.signed(body) for body in bodies]
    assert 0 == await door.world.count("delivery")
