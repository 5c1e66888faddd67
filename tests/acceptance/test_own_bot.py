import asyncio

import pytest

from cli.errors import CommandError
from cli.settings import local_settings
from cli.up.books import wait_until_balanced
from cli.up.command import Sample, installation
from runtime.clock import SystemClock
from sandbox.app import run_sandbox
from sandbox.client import sandbox_client
from sandbox.follower import follow
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from tests.faults.harness import prepared

pytestmark = pytest.mark.timeout(120)
SAMPLE = Sample(applications=5, citizens=1)


async def test_a_bot_of_ones_own_is_used_where_its_token_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token and a Bot API address the same command serves that bot, and no phone is started."""
    bot = SandboxSettings(port=0, bot_username="own_agency_bot", limits=limit_settings(0, 0))
    async with run_sandbox(bot) as api:
        with prepared(monkeypatch):
            monkeypatch.setenv("DOCWATCH_TELEGRAM_TOKEN", bot.bot_token)
            monkeypatch.setenv("DOCWATCH_TELEGRAM_API_URL", api)
            async with (
                installation(local_settings(), SAMPLE, lambda _: None) as running,
                sandbox_client(api) as telegram,
                asyncio.timeout(60),
            ):
                assert running.player is not None
                assert running.stored is not None
                await running.player.prepare()
                link = next(iter(running.player.printed.values())).link
                citizen = await telegram.create_citizen("Олена")
                await follow(telegram, citizen, link)
                await running.player.play(0.0)
                await wait_until_balanced(
                    running.servers, running.stored, running.catalogue, SystemClock(), patience=20
                )
                said = await telegram.messages(citizen)

    assert running.addresses.phone is None
    assert link.startswith("https://t.me/own_agency_bot?start=")
    assert len(said) > 2
    assert "№" in said[-1]["text"]


async def test_a_refused_token_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that Telegram does not know is one clear sentence, without the token."""
    bot = SandboxSettings(port=0)
    async with run_sandbox(bot) as api:
        with prepared(monkeypatch) as home:
            monkeypatch.setenv("DOCWATCH_TELEGRAM_TOKEN", "123:wrong")
            monkeypatch.setenv("DOCWATCH_TELEGRAM_API_URL", api)
            with pytest.raises(CommandError, match="refuses DOCWATCH_TELEGRAM_TOKEN") as refused:
                async with installation(local_settings(), SAMPLE, lambda _: None):
                    pass
            started = list(home.iterdir())

    assert "wrong" not in str(refused.value)
    assert started == []
