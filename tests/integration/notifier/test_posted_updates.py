"""The door of any messenger: bounded, admitted, signed, read, dealt with and answered, in this order."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from services.notifier.inbound.webhook import Webhook
from tests.integration.notifier.fake_channel import SIGNATURE, FakePosts, signature
from tests.integration.notifier.world import SECRET, World


@pytest.fixture
async def door(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Our side of the door."""
    app = Starlette(routes=[Webhook(FakePosts(), world.updates()).route()])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def told(kind: str, *details: str, identity: str = "u/1") -> bytes:
    """An update as the messenger posts it."""
    return json.dumps({"id": identity, "from": "7", "kind": kind, "details": details}).encode()


async def post(door: httpx.AsyncClient, body: bytes, given: str | None = None) -> httpx.Response:
    """Post a body under its signature, or under another."""
    return await door.post(FakePosts().path, content=body, headers={SIGNATURE: given or signature(body)})


async def test_what_is_posted_is_dealt_with_once(world: World, door: httpx.AsyncClient) -> None:
    """An update with a name for its identity is answered, and posted again it is only confirmed."""
    body = told("opened", SECRET)

    answers = [await post(door, body) for _ in range(2)]

    assert [(200, {"status": 0})] * 2 == [(answer.status_code, answer.json()) for answer in answers]
    assert (1, 1) == (await world.count("delivery"), await world.count("handled_update"))


async def test_an_inline_update_is_shown_in_the_answer(world: World, door: httpx.AsyncClient) -> None:
    """It is answered in place, the same each time, and nobody is put on record or written to."""
    first, again = [await post(door, told("met", SECRET)) for _ in range(2)]

    (question,) = first.json()["show"]
    assert "Shall we write to you" in question
    assert "7" == first.json()["to"]
    assert first.json() == again.json()
    counts = [await world.count(table) for table in ("recipient", "delivery", "handled_update")]
    assert [0, 0, 1] == counts


async def test_what_is_only_to_be_confirmed_is_confirmed(world: World, door: httpx.AsyncClient) -> None:
    """A post that says nothing of a citizen is answered and leaves nothing."""
    answer = await post(door, told("greeting"))

    assert (200, b'{"status":0}') == (answer.status_code, answer.content)
    assert 0 == await world.count("handled_update")


@pytest.mark.parametrize(
    ("body", "given", "status"),
    [
        (told("opened", SECRET), "0" * 64, 401),
        (told("opened", SECRET), "\u00e4", 401),
        (b"{", None, 400),
        (b"[]", None, 400),
        (b"\xff", None, 400),
        (b" " * 5000, None, 400),
        (b" " * 5000, "0" * 64, 400),
    ],
    ids=["another signature", "no signature", "half", "a list", "no text", "too long", "too long, unsigned"],
)
async def test_the_door_is_shut_to_all_else(
    world: World, door: httpx.AsyncClient, body: bytes, given: str | None, status: int
) -> None:
    """What is too long is not read on, what is not signed is not parsed, what is no update is refused."""
    headers = {SIGNATURE.encode(): (given or signature(body)).encode("latin-1")}
    answer = await door.post(FakePosts().path, content=body, headers=headers)

    assert status == answer.status_code
    assert 0 == await world.count("handled_update")


async def test_without_any_signature_no_body_is_read(world: World, door: httpx.AsyncClient) -> None:
    """What is not admitted is refused before its body."""

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await door.post(FakePosts().path, content=never(), headers={"Content-Length": "5"})

    assert 401 == answer.status_code
    assert 0 == await world.count("handled_update")
