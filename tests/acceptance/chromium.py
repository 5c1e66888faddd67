"""Debian's Chromium driven by Playwright: where it is, and how to start it so that it talks to nobody."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

HOW_TO_INSTALL = "the browser tests need Chromium: apt-get install chromium"
QUIET = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


class NoChromiumError(RuntimeError):
    """The browser tests need Chromium: apt-get install chromium."""

    def __init__(self) -> None:
        super().__init__(HOW_TO_INSTALL)


def find_chromium() -> str:
    """Return the path of the browser; raise NoChromiumError where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise NoChromiumError


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a headless browser for the length of the block; raise NoChromiumError where there is none."""
    path = find_chromium()
    # Chromium's own sandbox refuses to work for root.
    flags = ["--no-sandbox", *QUIET] if os.geteuid() == 0 else QUIET
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        try:
            yield browser
        finally:
            await browser.close()
