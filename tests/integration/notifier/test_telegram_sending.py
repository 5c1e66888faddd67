"""The sender with the real channel against the simulated Telegram: what only both together show."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from contracts.messages.notice import Notice
from runtime.database.postgres import transaction
from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.domain.messages import Message
from services.notifier.wording.markup import literal
from tests.integration.notifier.world import QUICK, ROLE, World, notice
from tests.waiting import until

SETTINGS = SandboxSettings(port=0, limits=limit_settings(0, 0))
PACE = replace(QUICK, down_pause=0.2)


@dataclass(frozen=True)
class Telegram:
    """A world whose messenger is the simulated Telegram, and somebody in it."""

    world: World
    sandbox: SandboxClient
    citizen: int

    async def notice(self) -> Notice:
        """Store a notice for the citizen."""
        row = await self.world.pool.fetchrow("SELECT id FROM recipient")
        told = notice(row["id"]) if row else notice(await self.world.person(str(self.citizen)))
        await self.world.keep(told)
        return told

    async def texts(self) -> list[str]:
        """Return what the citizen sees."""
        return [one["text"] for one in await self.sandbox.messages(self.citizen) if one["from"] == "bot"]


@pytest.fixture
async def telegram(world: World) -> AsyncIterator[Telegram]:
    async with (
        run_sandbox(SETTINGS) as url,
        sandbox_client(url) as sandbox,
        TelegramChannel.open(SETTINGS.bot_token, url) as channel,
    ):
        citizen = await sandbox.create_citizen("Olena", "uk")
        await sandbox.say(citizen, "/start")
        tools = replace(world.tools, channel=channel)
        yield Telegram(replace(world, tools=tools), sandbox, citizen)


async def test_broken_markup_goes_out_as_plain_text_and_alerts(telegram: Telegram) -> None:
    """What Telegram cannot parse is sent once more without any markup, and counted for an alert."""
    await telegram.sandbox.lay_fault("cant_parse", times=9)
    told = await telegram.notice()

    async with telegram.world.sending(await telegram.world.lease(), PACE):
        await telegram.world.ended(told.notice_id)

    assert "accepted" == await telegram.world.state(told.notice_id)
    assert ["verification 1 en"] == await telegram.texts()
    assert 1 == telegram.world.measured("malformed_total")


async def test_a_refused_token_pauses_keeps_the_queue_and_alarms(telegram: Telegram) -> None:
    """While Telegram refuses the token nothing ends and the alarm is on; accepted again, all goes out."""
    await telegram.sandbox.lay_fault("unauthorized", times=3)
    told = [await telegram.notice() for _ in range(3)]

    async def alarmed() -> bool:
        return telegram.world.measured("account_down") == 1

    async with telegram.world.sending(await telegram.world.lease(), PACE):
        await until(alarmed)
        during = await telegram.texts()
        await telegram.world.ended(*(one.notice_id for one in told))

    refused = [call["at"] for call in await telegram.sandbox.calls("sendMessage") if call["status"] == 401]
    assert [] == during
    assert 3 == len(refused)
    assert 3 == len(await telegram.texts())
    assert 0 == telegram.world.measured("account_down")


async def test_a_wrong_token_keeps_everything(telegram: Telegram) -> None:
    """With a token that does not exist (404) nothing is lost: all waits for one that works."""
    world = telegram.world
    told = await telegram.notice()
    _, _, secret = SETTINGS.bot_token.partition(":")
    async with run_sandbox(SETTINGS) as url, TelegramChannel.open(f"x{secret}:1", url) as wrong:
        tools = replace(world.tools, channel=wrong)

        async def alarmed() -> bool:
            return world.measured("account_down") == 1

        async with replace(world, tools=tools).sending(await world.lease(), PACE):
            await until(alarmed)
            await until(lambda: _waits(world))

    async with transaction(world.pool) as connection:
        await connection.execute("UPDATE lease SET expires_at = clock_timestamp() WHERE role = $1", ROLE)
    async with world.sending(await world.lease("again"), PACE):
        await world.ended(told.notice_id)

    assert "accepted" == await world.state(told.notice_id)


async def _waits(world: World) -> bool:
    return bool(await world.pool.fetchval("SELECT bool_and(state = 'pending') FROM delivery"))


@pytest.mark.parametrize("paid", [False, True])
async def test_paid_broadcast_is_asked_for_only_where_it_is_set(
    monkeypatch: pytest.MonkeyPatch, *, paid: bool
) -> None:
    """Telegram takes a fee for each message that says so, so none says it unasked, and edits never do."""
    calls: list[dict[str, object]] = []

    async def noted(_: TelegramChannel, method: str, wanted: dict[str, object]) -> dict[str, object]:
        calls.append({"method": method, **wanted})
        return {"message_id": 1}

    monkeypatch.setattr(TelegramChannel, "_call", noted)
    async with TelegramChannel.open(SETTINGS.bot_token, "http://127.0.0.1:1", paid=paid) as channel:
        for message in (Message(literal("Hello")), Message(literal("Hello"), replaces="1")):
            await channel.send("7", message, uuid4())

    asked = {str(call["method"]): call.get("allow_paid_broadcast", False) for call in calls}
    assert {"SendMessage": paid, "EditMessageText": False} == asked
