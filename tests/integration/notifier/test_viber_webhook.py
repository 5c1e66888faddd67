"""Viber's posts at our door: the welcome that is shown in the answer, and all that comes after."""

import hmac
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import pytest
from starlette.applications import Starlette

from services.notifier.channels.viber.taps import Taps
from services.notifier.channels.viber.webhook import SIGNATURE_HEADER, ViberPosts, posts_of
from services.notifier.inbound.webhook import Webhook
from tests.integration.notifier.test_webhook import served
from tests.integration.notifier.world import World

TOKEN = "445da6az1s345z78-dazcczb2542zv51a"  # noqa: S105 - a test's own
ADDRESS = "01234567890A="
USER = {"id": ADDRESS, "name": "Olena", "language": "en", "country": "UA", "api_version": 10}
RECEIPT = "abcdefghijklmnopqrstuv"


@dataclass
class Viber:
    """Posts as Viber does."""

    posts: ViberPosts
    world: World
    token: int = 5741311803571721087

    async def post(self, event: str, **content: object) -> tuple[int, bytes]:
        """Post an event with a token of its own; return status and body of the answer."""
        self.token += 1
        return await self.again(event, **content)

    async def again(self, event: str, **content: object) -> tuple[int, bytes]:
        """Post an event with the last one's token."""
        post = {
            "event": event,
            "timestamp": time.time_ns() // 1_000_000,
            "message_token": self.token,
            **content,
        }
        body = orjson.dumps(post)
        headers = {SIGNATURE_HEADER: hmac.digest(TOKEN.encode(), body, "sha256").hex()}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.posts.url, data=body, headers=headers) as response,
        ):
            return response.status, await response.read()

    async def says(self, text: str) -> tuple[int, bytes]:
        """Have the citizen send a text."""
        return await self.post("message", sender=USER, message={"type": "text", "text": text})


@pytest.fixture
async def viber(world: World) -> AsyncIterator[Viber]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    posts = posts_of(f"http://127.0.0.1:{listening.getsockname()[1]}/", TOKEN, "Migration service")
    app = Starlette(routes=[Webhook(posts, world.updates()).route()])
    async with served(app, listening):
        yield Viber(posts, world)


def buttons(answer: bytes) -> Mapping[str, str]:
    """Return what the welcome's buttons carry, by their labels."""
    content: dict[str, Any] = orjson.loads(answer)
    return {button["Text"]: button["ActionBody"] for button in content["keyboard"]["Buttons"]}


async def test_the_welcome_stands_in_the_answer(viber: Viber) -> None:
    """Whoever opens a link is asked in the answer itself, and the same again however often it is posted."""
    opened = {"type": "open", "user": USER, "context": RECEIPT, "subscribed": False}
    status, answer = await viber.post("conversation_started", **opened)

    assert 200 == status
    assert {"name": "Migration service"} == orjson.loads(answer)["sender"]
    assert f"y:{RECEIPT}:en" == Taps.of(TOKEN).data(ADDRESS, buttons(answer)["Yes, write to me"])
    assert (status, answer) == await viber.again("conversation_started", **opened)
    assert 0 == await viber.world.count("delivery")


async def test_a_tap_is_the_first_message(viber: Viber) -> None:
    """A tapped button of the welcome is a consent, though nothing told that the citizen subscribed."""
    _, answer = await viber.post("conversation_started", user=USER, context=RECEIPT, subscribed=False)
    await viber.says(buttons(answer)["Yes, write to me"])

    assert 1 == len(viber.world.tracker.redeems)
    assert 1 == await viber.world.count("recipient")


async def test_nobody_consents_by_a_text_of_others(viber: Viber) -> None:
    """A text that was somebody else's button is no consent."""
    await viber.says(Taps.of(TOKEN).marked("B=", f"y:{RECEIPT}:en"))

    assert [] == viber.world.tracker.redeems


async def test_who_is_subscribed_is_answered_as_ever(viber: Viber) -> None:
    """Somebody who can be written to gets the answer as a message of its own."""
    status, answer = await viber.post("conversation_started", user=USER, context=RECEIPT, subscribed=True)

    assert (200, b"ok\n") == (status, answer)
    assert 1 == await viber.world.count("delivery")


async def test_the_door_is_tested_before_it_is_set(viber: Viber) -> None:
    """Viber's own test of the door is confirmed and is nothing that a citizen did."""
    assert (200, b"ok\n") == await viber.post("webhook")
    assert 0 == await viber.world.count("handled_update")


async def test_what_becomes_of_a_message_is_noted(viber: Viber) -> None:
    """Receipts of a message are taken in, each once, whatever device and order they come from."""
    await viber.world.person(ADDRESS)
    for event in ("seen", "delivered", "delivered"):
        assert (200, b"ok\n") == await viber.again(event, user_id=ADDRESS)

    rows = await viber.world.pool.fetch("SELECT reference, status FROM receipt ORDER BY status")
    kept = f"telegram {viber.token}"  # the name of the world's account
    assert [(kept, "delivered"), (kept, "seen")] == [tuple(row) for row in rows]


async def test_who_unsubscribes_is_not_written_to(viber: Viber) -> None:
    """Unsubscribing makes somebody unreachable, until they subscribe or write again."""
    await viber.world.person(ADDRESS)
    query = "SELECT unreachable_since IS NOT NULL FROM recipient"
    states = []
    for event, content in (
        ("unsubscribed", {"user_id": ADDRESS}),
        ("subscribed", {"user": USER}),
    ):
        await viber.post(event, **content)
        states.append(await viber.world.pool.fetchval(query))

    assert [True, False] == states
