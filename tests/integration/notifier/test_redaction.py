"""No log line of any level holds the bot's token, a chat's id or a claim: marked ones through every path."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
import pytest
import structlog
from starlette.applications import Starlette

from sandbox.app import run_sandbox
from sandbox.client import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.script import KINDS, FaultKind
from sandbox.telegram.script_http import limit_settings
from services.notifier.breaker import Terms
from services.notifier.inbound import Inbound
from services.notifier.telegram import TelegramChannel
from services.notifier.telegram_transport import Timeouts
from services.notifier.webhook import SECRET_HEADER, Webhook, address_of
from tests.integration.notifier.world import QUICK, World, notice, until

MARK = "MARKED-part-of-the-bots-token-9876"
CLAIM = "MARKEDclaim00000000abc"
WEBHOOK_SECRET = "MARKED-webhook-secret"  # noqa: S105 - a test's own
SETTINGS = SandboxSettings(port=0, bot_token=f"7000000002:{MARK}", limits=limit_settings(0, 0))
PACE = replace(QUICK, down_pause=0.1, resend_after=0.05, breaker=Terms(least=1000))


@dataclass(frozen=True)
class Marked:
    """A notifier with a marked token, and somebody with a chat id to look for."""

    world: World
    inbound: Inbound
    channel: TelegramChannel
    sandbox: SandboxClient
    citizen: int

    async def play(self) -> None:
        """Let the citizen do everything once, and take it in."""
        sent = [one for one in await self.sandbox.messages(self.citizen) if one["from"] == "bot"]
        for text in (f"/start {CLAIM}", "/status", "/stop", "hello", "7" * 12, "/forget"):
            await self.sandbox.say(self.citizen, text)
        data = f"y:{CLAIM}:uk"
        asked = [one for one in sent if data in {b.get("data") for row in one["buttons"] for b in row}]
        if asked:
            await self.sandbox.press(self.citizen, asked[-1]["message_id"], data)
        await self.inbound.take(await self.channel.fetch(None, 0))


@pytest.fixture
async def marked(world: World) -> AsyncIterator[Marked]:
    timeouts = Timeouts(connect=1.0, read=0.3)
    async with (
        run_sandbox(SETTINGS) as url,
        sandbox_client(url) as sandbox,
        TelegramChannel.open(SETTINGS.bot_token, url, timeouts=timeouts) as channel,
    ):
        citizen = await sandbox.create_citizen("Olena", "uk")
        await sandbox.say(citizen, "/start")
        tools = replace(world.tools, channel=channel)
        inbound = replace(world.inbound(), channel=channel)
        yield Marked(replace(world, tools=tools), inbound, channel, sandbox, citizen)


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
    secrets = {MARK, CLAIM, str(marked.citizen), WEBHOOK_SECRET}
    assert set() == {secret for secret in secrets if secret in logged}


@pytest.mark.parametrize("fault", KINDS)
async def test_no_fault_brings_a_secret_into_the_log(
    marked: Marked, fault: FaultKind, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong in sending and answering, the log names neither token, chat nor claim."""
    world = marked.world
    person = await world.person(str(marked.citizen), "uk")
    for method in ("sendMessage", "editMessageText", "answerCallbackQuery"):
        await marked.sandbox.lay_fault(fault, method=method, seconds=0.4, retry_after=1, times=2)
    told = notice(person)
    await world.keep(told)

    async with world.sending(await world.lease(), PACE):
        await world.ended(told.notice_id)
        await marked.play()
        await until(lambda: _answered(world), 20)
        world.tracker.away = True
        await marked.play()
        await until(lambda: _answered(world), 20)

    assert "an update" not in caplog.text
    assert caplog.text
    check(marked, caplog.text)


async def test_no_fault_of_ours_brings_a_secret_into_the_log(
    marked: Marked, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors in our own code are logged with their traces, and those show no secret either."""
    world = marked.world

    async def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    await world.keep(notice(await world.person(str(marked.citizen))))
    monkeypatch.setattr(TelegramChannel, "send", broken)
    monkeypatch.setattr(Inbound, "handle", broken)
    async with world.sending(await world.lease(), PACE):
        await marked.play()
        await until(lambda: _answered(world))

    assert "a fault of ours" in caplog.text
    check(marked, caplog.text)


async def test_no_post_to_the_webhook_brings_a_secret_into_the_log(
    marked: Marked, caplog: pytest.LogCaptureFixture
) -> None:
    """Posts with and without the secret, sound and broken ones, leave no secret in the log."""
    address = address_of("https://x.example", SETTINGS.bot_token, WEBHOOK_SECRET)
    update = {
        "update_id": 5,
        "message": {
            "message_id": 1,
            "date": int(datetime.now(UTC).timestamp()),
            "text": f"/start {CLAIM}",
            "chat": {"id": marked.citizen, "type": "private"},
            "from": {"id": marked.citizen, "is_bot": False, "first_name": "A"},
        },
    }
    hook = Webhook(address, marked.inbound, marked.channel.read)
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
