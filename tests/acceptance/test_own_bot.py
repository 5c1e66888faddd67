import asyncio
from collections.abc import Mapping

import pytest

from cli.errors import CommandError
from cli.settings import local_settings
from cli.up.books import wait_until_balanced
from cli.up.command import Sample, installation
from runtime.clock import SystemClock
from sandbox.app import run_sandbox
from sandbox.clients.follower import follow, follow_by_viber
from sandbox.clients.telegram import sandbox_client
from sandbox.clients.viber import viber_client
from sandbox.settings import VIBER_TOKEN, SandboxSettings, ViberSettings
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


async def test_a_bot_of_viber_is_used_where_its_token_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token of Viber and a public address the same command serves that bot, and it alone."""
    bot = ViberSettings(uri="ownagency")
    async with run_sandbox(SandboxSettings(port=0, viber=bot)) as api:
        with prepared(monkeypatch):
            edge = f"http://127.0.0.1:{local_settings().public_port}"
            monkeypatch.setenv("DOCWATCH_VIBER_TOKEN", bot.token)
            monkeypatch.setenv("DOCWATCH_VIBER_API_URL", f"{api}/viber")
            monkeypatch.setenv("DOCWATCH_PUBLIC_URL", edge)
            async with (
                installation(local_settings(), SAMPLE, lambda _: None) as running,
                sandbox_client(api) as phones,
                viber_client(api) as viber,
                asyncio.timeout(60),
            ):
                assert running.player is not None
                await running.player.prepare()
                printed = next(iter(running.player.printed.values()))
                citizen = await phones.create_citizen("Олена")
                await follow_by_viber(viber, citizen, printed.links["viber"])
                said = await viber.messages(citizen)

    assert {"viber": "ownagency"} == dict(running.bots)
    assert running.addresses.phone is None
    assert printed.link.startswith(f"{edge}/r/")
    assert "№" in said[-1]["text"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"token": "wrong"}, "Viber refuses DOCWATCH_VIBER_TOKEN"),
        ({"public_url": ""}, "set DOCWATCH_PUBLIC_URL"),
    ],
)
async def test_what_viber_lacks_is_named_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, changes: Mapping[str, str], told: str
) -> None:
    """A token that Viber does not know, or no public address, is one clear sentence without the token."""
    async with run_sandbox(SandboxSettings(port=0)) as api:
        with prepared(monkeypatch) as home:
            monkeypatch.setenv("DOCWATCH_VIBER_TOKEN", changes.get("token", VIBER_TOKEN))
            monkeypatch.setenv("DOCWATCH_VIBER_API_URL", f"{api}/viber")
            monkeypatch.setenv("DOCWATCH_PUBLIC_URL", changes.get("public_url", "https://docs.example"))
            with pytest.raises(CommandError, match=told) as refused:
                async with installation(local_settings(), SAMPLE, lambda _: None):
                    pass
            started = list(home.iterdir())

    assert "wrong" not in str(refused.value)
    assert started == []


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
