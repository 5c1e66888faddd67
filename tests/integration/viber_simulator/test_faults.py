"""The script's faults, as a client sees them, and what the phone shows afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.clients.telegram import SandboxClient
from sandbox.clients.viber import ViberClient
from sandbox.viber.script import CALLBACK_KINDS, KINDS, FaultKind
from sandbox.viber.world.errors import STATUSES
from sandbox.viber.world.model import Json
from tests.integration.viber_simulator.conftest import SENDER, Bot, Hook

# Each fault: what the client gets (an exception, or an HTTP status), status and HTTP status in the record,
# whether it is stored.
FATES: dict[FaultKind, tuple[type[Exception] | int, int | None, int | None, bool]] = {
    "status": (200, 23, 200, False),
    "failed_later": (200, 0, 200, True),
    "server_error": (500, None, 500, False),
    "stored_server_error": (500, None, 500, True),
    "bad_gateway_html": (502, None, 502, False),
    "store_then_drop": (aiohttp.ServerDisconnectedError, None, None, True),
    "drop_before_store": (aiohttp.ServerDisconnectedError, None, None, False),
    "reset": (aiohttp.ClientError, None, None, False),
    "hang": (TimeoutError, 0, 200, True),
    "slow": (200, 0, 200, True),
    "truncated_json": (json.JSONDecodeError, 0, 200, True),
}


@pytest.fixture
async def hasty(bot: Bot) -> AsyncIterator[Bot]:
    """A bot that soon gives up: what hangs hangs for good."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.5)) as session:
        yield Bot(bot.base, session)


async def send(bot: Bot, receiver: str, text: str) -> int:
    body = {"receiver": receiver, "type": "text", "text": text, "sender": SENDER, "auth_token": bot.token}
    async with bot.session.post(f"{bot.base}/send_message", json=body) as response:
        if response.status == 200:
            await response.json()
        return response.status


def test_every_fault_has_its_fate() -> None:
    """No fault goes untested."""
    assert set(KINDS) == set(FATES)
    assert {"duplicate", "delay", "swap", "lose"} == set(CALLBACK_KINDS)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_meets_one_call(
    hasty: Bot, viber: ViberClient, live: Hook, olena: int, kind: FaultKind
) -> None:
    """A fault strikes the call it was laid for, the message is stored or not, and the next call passes."""
    got, status, http, stored = FATES[kind]
    seconds = 0.05 if kind == "slow" else 30
    receiver = (await viber.subscribe(olena))["user_id"]
    await viber.lay_fault(kind, citizen_id=olena, nth=2, seconds=seconds, status=23)
    await send(hasty, receiver, "one")

    if isinstance(got, int):
        assert got == await send(hasty, receiver, "two")
    else:
        with pytest.raises(got):
            await send(hasty, receiver, "two")
    await send(hasty, receiver, "three")

    assert ["one", *(["two"] if stored else []), "three"] == [
        message["text"] for message in await viber.all_messages()
    ]
    _, struck, _ = await viber.calls("send_message")
    assert (kind, status, http, stored) == (
        struck["fault"],
        struck["status"],
        struck["http"],
        "message_token" in struck,
    )
    assert len(live.events("failed")) == 0 or kind == "failed_later"


@pytest.mark.parametrize("status", [*range(1, 25), 99])
async def test_every_status_can_be_scripted(
    bot: Bot, viber: ViberClient, live: Hook, olena: int, status: int
) -> None:
    """Every status of the REST API, and one that it does not know, comes at HTTP 200."""
    receiver = (await viber.subscribe(olena))["user_id"]
    await viber.lay_fault("status", status=status)

    answer = await bot.text(receiver, "x")

    assert (status, STATUSES.get(status, "failure")) == (answer["status"], answer["status_message"])
    assert [] == live.events("delivered")


async def test_a_fault_can_meet_any_method(bot: Bot, viber: ViberClient, hook: Hook) -> None:
    """Where a method is named, the fault strikes there: a webhook that is refused is not set."""
    await viber.lay_fault("status", method="set_webhook", status=9)

    answer = await bot.call("set_webhook", url=hook.url)

    assert (9, []) == (answer["status"], hook.got)
    assert not (await viber.state())["bot"]["there"]


async def test_weather_strikes_by_chance(bot: Bot, viber: ViberClient, live: Hook, olena: int) -> None:
    """The same seed makes the same storm; an empty one ends it."""
    receiver = (await viber.subscribe(olena))["user_id"]

    storms = []
    for _ in range(2):
        await viber.change_weather({"status": 0.5}, seed=7, status=11)
        storms.append([(await bot.text(receiver, "x"))["status"] for _ in range(20)])
    await viber.change_weather({})
    calm = [(await bot.text(receiver, "x"))["status"] for _ in range(10)]

    assert storms[0] == storms[1]
    assert ({0, 11}, [0] * 10) == (set(storms[0]), calm)
    assert live.events() is not None


async def test_one_held_reply_holds_nobody_else(
    bot: Bot, viber: ViberClient, live: Hook, phone: SandboxClient, olena: int
) -> None:
    """While one reply is held back, others are answered."""
    other = await phone.create_citizen("Other")
    receivers = [(await viber.subscribe(citizen))["user_id"] for citizen in (olena, other)]
    await viber.lay_fault("hang", citizen_id=olena, seconds=30)
    held = asyncio.create_task(bot.text(receivers[0], "x"))

    async with asyncio.timeout(5):
        answer = await bot.text(receivers[1], "y")
        await live.some("delivered")

    assert (0, False) == (answer["status"], held.done())
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("faults", {"fault": "nonsense"}),
        ("faults", {}),
        ("faults", {"fault": "hang", "times": 0}),
        ("faults", {"fault": "status", "status": 0}),
        ("callback-faults", {"fault": "lose", "event": "dance"}),
        ("weather", {"shares": {"status": 2}}),
        ("age", {"citizen_id": 1}),
    ],
)
async def test_a_senseless_order_is_refused(base_url: str, bot: Bot, path: str, order: Json) -> None:
    """An order that means nothing is a 400 that says where."""
    async with bot.session.post(f"{base_url}/script/viber/{path}", json=order) as response:
        answer = await response.json()

    assert (400, {"error"}) == (response.status, set(answer))


async def test_reset_begins_anew(
    bot: Bot, viber: ViberClient, phone: SandboxClient, live: Hook, olena: int
) -> None:
    """After a reset there is no webhook, no account, no message, no fault and no record."""
    receiver = (await viber.subscribe(olena))["user_id"]
    await viber.lay_fault("status", times=5)
    await bot.text(receiver, "x")
    await live.some("subscribed")

    await phone.reset()

    assert ([], [], []) == (await viber.calls(), await viber.callbacks(), await viber.all_messages())
    state = await viber.state()
    assert (False, []) == (state["bot"]["there"], state["accounts"])
    assert 0 == (await bot.call("set_webhook", url=live.url))["status"]
    again = (await viber.subscribe(await phone.create_citizen("Again")))["user_id"]
    assert 0 == (await bot.text(again, "x"))["status"]
