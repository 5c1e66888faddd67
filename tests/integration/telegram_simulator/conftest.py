"""A simulated Telegram for each test, seen from both ends: the bot's library and the citizens' phones."""

from collections.abc import AsyncIterator

import httpx
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from sandbox.app import run_sandbox
from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings

SETTINGS = SandboxSettings(port=0, limits=limit_settings(0, 0))


@pytest.fixture(autouse=True)
def waits_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have PTB tell waits in the form that it does not warn about."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    """The address of a fresh world without limits of rate."""
    async with run_sandbox(SETTINGS) as url:
        yield url


@pytest.fixture
async def phone(base_url: str) -> AsyncIterator[SandboxClient]:
    """What citizens do there."""
    async with sandbox_client(base_url) as client:
        yield client


@pytest.fixture
async def http(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Plain requests to it."""
    async with httpx.AsyncClient(base_url=base_url, timeout=5) as client:
        yield client


@pytest.fixture
async def bot(base_url: str) -> AsyncIterator[Bot]:
    """The bot of that world."""
    # A busy machine is not a fault.
    request = HTTPXRequest(read_timeout=30)
    files = f"{base_url}/file/bot"
    async with Bot(SETTINGS.bot_token, f"{base_url}/bot", files, request=request) as found:
        yield found
