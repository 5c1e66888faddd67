"""A browser for all tests of a worker, and for each test a sandbox of its own and a page on it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.app import run_sandbox
from sandbox.settings import SandboxSettings
from sandbox.telegram.world.limits import limit_settings
from tests.acceptance.chromium import NoChromiumError, chromium

Json = dict[str, Any]
TIMEOUT_MS = 15_000
WIDE = ViewportSize(width=1280, height=800)


@dataclass
class Phones:
    """A running sandbox seen from both ends: the bot's calls, and the citizens' own."""

    settings: SandboxSettings
    client: aiohttp.ClientSession
    stack: AsyncExitStack
    url: str = ""

    async def start(self, port: int = 0) -> None:
        """Serve on `port`, on a free one by default."""
        settings = SandboxSettings(port=port, data=self.settings.data, limits=self.settings.limits)
        self.url = await self.stack.enter_async_context(run_sandbox(settings))

    async def stop(self) -> int:
        """Stop serving; return the port that was served."""
        await self.stack.aclose()
        return int(self.url.rpartition(":")[2])

    async def bot(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 - any method's result
        """Call the Bot API as the bot does; return the result."""
        path = f"{self.url}/bot{self.settings.bot_token}/{method}"
        async with self.client.post(path, json=parameters) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def post(self, path: str, body: Mapping[str, object]) -> Json:
        """Post to the phone's own interface; return the answer."""
        async with self.client.post(f"{self.url}/phone/api{path}", json=body) as response:
            assert response.status < 300, await response.text()
            found: Json = await response.json()
        return found

    async def citizen(self, name: str, *, started: bool = True) -> int:
        """Give somebody a phone and, by default, let them start the bot; return their id."""
        citizen_id = int((await self.post("/citizens", {"name": name, "language": "uk"}))["id"])
        if started:
            await self.post(f"/citizens/{citizen_id}/messages", {"text": "/start"})
            await self.bot("getUpdates", offset=-1)
        return citizen_id

    async def update(self, kind: str) -> Json:
        """Wait for the bot's next update of a kind and confirm it."""
        offset = 0
        while True:
            for update in await self.bot("getUpdates", offset=offset, timeout=10):
                offset = update["update_id"] + 1
                if kind in update:
                    await self.bot("getUpdates", offset=offset)
                    found: Json = update[kind]
                    return found


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One headless Chromium; without it the tests fail and say what to install."""
    expect.set_options(timeout=TIMEOUT_MS)
    async with AsyncExitStack() as stack:
        try:
            running = await stack.enter_async_context(chromium())
        except NoChromiumError as error:
            pytest.fail(str(error), pytrace=False)
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def phones(tmp_path: Path) -> AsyncIterator[Phones]:
    """A sandbox with its world in a file and no limits of rate."""
    settings = SandboxSettings(data=tmp_path / "world.sqlite", limits=limit_settings(0, 0))
    async with aiohttp.ClientSession() as client, AsyncExitStack() as stack:
        running = Phones(settings, client, stack)
        await running.start()
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A wide, empty page; the test fails when a script on it did."""
    context = await browser.new_context(viewport=WIDE, reduced_motion="reduce", timezone_id="Europe/Kyiv")
    context.set_default_timeout(TIMEOUT_MS)
    broken: list[str] = []
    found = await context.new_page()
    found.on("pageerror", lambda error: broken.append(str(error)))
    yield found
    await context.close()

    assert broken == []
