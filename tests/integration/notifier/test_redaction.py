"""No log line of any level holds the bot's token, a chat's id or a claim: marked ones through every path."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
import pytest
import structlog
from starlette.applications import Starlette

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.script import KINDS
from sandbox.telegram.world.limits import limit_settings
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.transport import Timeouts
from services.notifier.channels.telegram.webhook import SECRET_HEADER, posts_of
from services.notifier.conversation.handler import Handler
from services.notifier.domain.pacing.circuit_breaker import Terms
from services.notifier.inbound.updates import Updates
from services.notifier.inbound.webhook import Webhook
from tests.integration.notifier.world import QUICK, World, notice
from tests.waiting import until

MARK = "MARKED-part-of-the-bots-token-9876"
CLAIM = "MARKEDclaim00000000abc"
WEBHOOK_SECRET = "MARKED-webhook-secret"  # noqa: S105 - a test's own
SETTINGS = SandboxSettings(port=0, bot_token=f"7000000002:{MARK}", limits=limit_settings(0, 0))
SLOWEST = 60.0
PACE = replace(QUICK, down_pause=0.1, resend_after=0.05, breaker=Terms(least=1000))


@dataclass(frozen=True)
class Marked:
    """A notifier with a marked token, and somebody with a chat id to look for."""

    world: World
    updates: Updates
    channel: TelegramChannel
    sandbox: SandboxClient
    citizens: Sequence[int]

    async def play(self) -> None:
        """Let the citizens claim and the first one do everything, and take it in."""
        await asyncio.gather(*(self._play(citizen) for citizen in self.citizens))
        while found := await self.channel.fetch(None, 0):
            await self.updates.take(found)
            await self.channel.fetch(found[-1].number, 0)

    async def _play(self, citizen: int) -> None:
        sent = [one for one in await self.sandbox.messages(citizen) if one["from"] == "bot"]
        rest = ("/status", "/stop", "hello", "/forget") if citizen == self.citizens[0] else ()
        for text in (f"/start {CLAIM}", "7" * 12, *rest):
            await self.sandbox.say(citizen, text)
        data = f"y:{CLAIM}:uk"
        asked = [one for one in sent if data in {b.get("data") for row in one["buttons"] for b in row}]
        if asked:
            await self.sandbox.press(citizen, asked[-1]["message_id"], data)


@pytest.fixture
async def marked(world: World) -> AsyncIterator[Marked]:
    timeouts = Timeouts(connect=1.0, read=0.3)
    async with (
        run_sandbox(SETTINGS) as url,
        sandbox_client(url) as sandbox,
        TelegramChannel.open(SETTINGS.bot_token, url, timeouts=timeouts) as channel,
    ):
        citizens = [await sandbox.create_citizen(f"Olena {fault}", "uk") for fault in KINDS]
        for citizen in citizens:
            await sandbox.say(citizen, "/start")
        tools = replace(world.tools, channel=channel)
        updates = Updates(replace(world.updates().handler, channel=channel))
        yield Marked(replace(world, tools=tools), updates, channel, sandbox, citizens)


@pytest.fixture(autouse=True)
def everything_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Log at every level, the libraries too."""
    caplog.set_level(logging.DEBUG)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger("debug"),
        cache_logger_on_first_use=False,
    )


def check(marked: Marked, logged: str) -> None:
    secrets = {MARK, CLAIM, WEBHOOK_SECRET, *map(str, marked.citizens)}
    assert set() == {secret for secret in secrets if secret in logged}


async def test_no_fault_brings_a_secret_into_the_log(
    marked: Marked, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong in sending and answering, the log names neither token, chat nor claim."""
    world, told = marked.world, []
    for fault, citizen in zip(KINDS, marked.citizens, strict=True):
        for method in ("sendMessage", "editMessageText", "answerCallbackQuery"):
            await marked.sandbox.lay_fault(
                fault, chat_id=citizen, method=method, seconds=0.4, retry_after=1, times=2
            )
        told.append(notice(await world.person(str(citizen), "uk")))
    await world.keep(*told)

    async with world.sending(await world.lease(), PACE):
        await until(lambda: _answered(world), within=SLOWEST)
        await marked.play()
        await until(lambda: _answered(world), within=SLOWEST)
        world.tracker.away = True
        await marked.play()
        await until(lambda: _answered(world), within=SLOWEST)

    struck = {call.get("fault") for call in await marked.sandbox.calls("sendMessage")}
    assert set(KINDS) <= struck
    assert "an update" not in caplog.text
    check(marked, caplog.text)


async def test_no_fault_of_ours_brings_a_secret_into_the_log(
    marked: Marked, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors in our own code are logged with their traces, and those show no secret either."""
    world = marked.world

    async def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    await world.keep(notice(await world.person(str(marked.citizens[0]))))
    monkeypatch.setattr(TelegramChannel, "send", broken)
    monkeypatch.setattr(Handler, "handle", broken)
    async with world.sending(await world.lease(), PACE):
        await marked.play()
        await until(lambda: _answered(world))

    assert "a fault of ours" in caplog.text
    check(marked, caplog.text)


async def test_no_post_to_the_webhook_brings_a_secret_into_the_log(
    marked: Marked, caplog: pytest.LogCaptureFixture
) -> None:
    """Posts with and without the secret, sound and broken ones, leave no secret in the log."""
    address = posts_of("https://x.example", SETTINGS.bot_token, WEBHOOK_SECRET, marked.channel.read)
    update = {
        "update_id": 5,
        "message": {
            "message_id": 1,
            "date": int(datetime.now(UTC).timestamp()),
            "text": f"/start {CLAIM}",
            "chat": {"id": marked.citizens[0], "type": "private"},
            "from": {"id": marked.citizens[0], "is_bot": False, "first_name": "A"},
        },
    }
    hook = Webhook(address, marked.updates)
    transport = httpx.ASGITransport(Starlette(routes=[hook.route()]))
    posts: tuple[tuple[dict[str, object], str], ...] = (
        ({}, WEBHOOK_SECRET),
        (update, "wrong"),
        ({"x": CLAIM}, WEBHOOK_SECRET),
    )
    async with httpx.AsyncClient(transport=transport, base_url="https://x.example") as client:
        answers = [
            await client.post(address.path, json=body, headers={SECRET_HEADER: secret})
            for body, secret in posts
        ]

    assert [400, 401, 400] == [answer.status_code for answer in answers]
    check(marked, caplog.text)


async def _answered(world: World) -> bool:
    query = "SELECT count(*) = 0 FROM delivery WHERE ended_at IS NULL"
    return bool(await world.pool.fetchval(query))
