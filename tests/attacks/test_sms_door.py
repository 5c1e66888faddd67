"""The door of SMS: without its path and signature nothing is done, whatever is posted."""

import hmac
import io
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
import orjson
import pytest
from starlette.applications import Starlette

from sandbox.settings import SMS_SIGNING_KEY
from sandbox.sms.description import description
from sandbox.sms.reports import SIGNATURE
from services.notifier.channels.sms.description import load_description
from services.notifier.channels.sms.posts import LONGEST_BODY, MOST_ITEMS, GatewayPosts, posts_of
from services.notifier.inbound.webhook import Webhook
from tests.attacks.heartbeat import Heartbeat
from tests.integration.notifier.sms_bench import KEYS
from tests.integration.notifier.test_webhook import served
from tests.integration.notifier.world import CLOCK, World, make_world

LONGEST_HOLD = 0.25
NUMBER = "380671234567"
STOP = orjson.dumps({"texts": [{"id": "1", "from": NUMBER, "text": "STOP"}]})
RECEIPT = orjson.dumps({"receipts": [{"id": "a", "to": NUMBER, "status": "UNDELIV"}]})


def signature(body: bytes, key: str = SMS_SIGNING_KEY) -> str:
    return hmac.digest(key.encode(), body, "sha256").hex()


@dataclass(frozen=True)
class Door:
    """An open door, and what came in."""

    posts: GatewayPosts
    world: World

    async def post(self, body: bytes, headers: Mapping[str, str], url: str | None = None) -> int | None:
        """Post; return the status, None where the connection was ended before."""
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(url or self.posts.url, data=io.BytesIO(body), headers=headers) as response,
            ):
                return response.status
        except aiohttp.ClientError:
            return None

    async def signed(self, body: bytes) -> int | None:
        """Post what the gateway signed."""
        return await self.post(body, {SIGNATURE: signature(body)})

    async def reachable(self) -> bool:
        """Tell whether the number may still be written to."""
        query = "SELECT unreachable_since IS NULL FROM address WHERE channel = 'sms'"
        return bool(await self.world.pool.fetchval(query))


@pytest.fixture
async def door(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    file = tmp_path_factory.mktemp("sms") / "gateway.yaml"
    file.write_text(description("http://127.0.0.1:1"), "utf-8")
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    posts = posts_of(url, load_description(file, KEYS), KEYS, CLOCK)
    assert posts is not None
    sms = make_world(
        world.pool, world.outbox, world.recipients.of_account("sms"), world.catalogue, world.voice
    )
    await sms.person(f"+{NUMBER}")
    async with served(Starlette(routes=[Webhook(posts, sms.updates()).route()]), listening):
        yield Door(posts, sms)


async def test_what_the_gateway_signed_is_taken(door: Door) -> None:
    """A post at the path with the signature over its very bytes is dealt with; a repeated one is no other."""
    assert [200] * 3 == [await door.signed(STOP) for _ in range(3)]
    assert (False, 1) == (await door.reachable(), await door.world.count("handled_update"))


@pytest.mark.parametrize("body", [STOP, RECEIPT])
@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "0" * 64,
        signature(STOP)[:-1],
        signature(STOP) + "0",
        signature(STOP) + "\u0663",
        signature(b" " + STOP),
        signature(STOP, "another"),
        signature(STOP, ""),
        KEYS["DOCWATCH_SMS_WEBHOOK_SECRET"],
        SMS_SIGNING_KEY,
    ],
)
async def test_a_forged_post_does_nothing(door: Door, body: bytes, given: str | None) -> None:
    """Whoever knows the path and not the key silences nobody and says of no text that it failed."""
    headers = {} if given is None else {SIGNATURE: given}

    assert 401 == await door.post(body, headers)
    assert (True, 0) == (await door.reachable(), await door.world.count("handled_update"))


async def test_the_path_is_a_secret_too(door: Door) -> None:
    """Beside the path there is no door, however well a post is signed."""
    base = door.posts.url.rpartition("/")[0]
    signed = {SIGNATURE: signature(STOP)}

    for path in ("", "/", "/sandboxdoor", "/" + "a" * 32, "/sandboxdoorofthesampleagenc", "/../sms"):
        assert 404 == await door.post(STOP, signed, base + path)
    assert await door.reachable()


DEEP = 100_000
COSTLY = {
    "deep lists": b"[" * DEEP,
    "deep lists, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"texts":' * 20_000,
    "deep inside": b'{"texts":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "too many": orjson.dumps({"texts": [{"from": NUMBER, "text": "STOP"}] * (MOST_ITEMS + 1)}),
    "long texts": orjson.dumps({"texts": [{"id": "1", "from": NUMBER, "text": "stop " * 40_000}]}),
    "long numbers": orjson.dumps({"texts": [{"id": "1", "from": "3" * 200_000, "text": "STOP"}]}),
    "long ids": orjson.dumps({"receipts": [{"id": "a" * 200_000, "to": NUMBER, "status": "DELIVRD"}]}),
    "odd things": orjson.dumps(
        {"texts": [7, None, [], "x", {"from": {}, "text": []}], "receipts": {"id": True}}
    ),
    "a list": b"[[],{},7]",
    "many keys": b"{" + b",".join(b'"%d":0' % number for number in range(20_000)) + b"}",
    "not UTF-8": b'{"texts":[{"text":"\xff"}]}',
    "zeros": b"\0" * 200_000,
    "nothing": b"",
}


@pytest.mark.parametrize("kind", COSTLY)
async def test_costly_bodies_hold_up_nobody(door: Door, kind: str) -> None:
    """A body made to be costly is answered at once and does nothing, also where the key was stolen."""
    async with Heartbeat() as heart:
        statuses = [await door.signed(COSTLY[kind]), await door.post(COSTLY[kind], {SIGNATURE: "0" * 64})]

    assert statuses in ([400, 401], [200, 401])
    assert (True, 0) == (await door.reachable(), await door.world.count("handled_update"))
    assert heart.longest < LONGEST_HOLD


async def test_a_body_without_end_is_not_read(door: Door) -> None:
    """What is longer than any gateway's posts is refused before its end, and without a signature unread."""
    longest = STOP + b" " * (LONGEST_BODY - len(STOP))

    assert await door.signed(longest + b" ") in {400, None}
    assert await door.post(b" " * 50_000_000, {SIGNATURE: "0" * 64}) in {400, 401, None}
    assert await door.post(b" " * 50_000_000, {}) in {401, None}
    assert await door.reachable()
    assert 200 == await door.signed(longest)
    assert not await door.reachable()


async def test_texts_without_end_cost_nothing(door: Door) -> None:
    """A machine that answers every text of ours, by the hundred, is answered by nothing."""
    bodies = [
        orjson.dumps({"texts": [{"id": str(number), "from": NUMBER, "text": f"I am away {number}. HELP"}]})
        for number in range(100)
    ]

    assert {200} == {await door.signed(body) for body in bodies}
    assert (0, 0) == (await door.world.count("delivery"), await door.world.count("handled_update"))
