"""A citizen with Firefox, which subscribes at our push service and decrypts by itself: nothing is put in."""

import asyncio
from pathlib import Path

import pytest
from nats.aio.client import Client

from sandbox.push.http import run_push
from tests.acceptance.firefox import firefox
from tests.conftest import Databases
from tests.integration.notifier.page_bench import TOKEN, citizens_page

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(180)]
KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SHOWN = """
const ready = await navigator.serviceWorker.ready;
return (await ready.getNotifications()).map((one) => [one.title, one.body]);
"""


async def test_firefox_shows_what_was_pushed(
    nats_url: str, nats_client: Client, databases: Databases, tmp_path: Path
) -> None:
    """Firefox subscribes, the stage is pushed to where it said, and it shows what it decrypted itself."""
    async with (
        run_push() as world,
        citizens_page(nats_url, nats_client, databases, vapid_key=KEY, push_loopback=True) as page,
        firefox(tmp_path, world.origin.replace("http", "ws") + "/") as browser,
    ):
        page.script.document()
        await browser.command("WebDriver:Navigate", url=f"{page.url}/r/web/{TOKEN}?lang=en")
        await browser.script("document.querySelector('main form button').click()")
        await browser.until("document.querySelector('[data-push=begin]')?.offsetParent")
        await browser.script("document.querySelector('[data-push=begin]').click()")
        await browser.until("document.querySelector('[data-push=stop]')?.offsetParent")
        await page.tell(stage="arrived", office="centre")

        shown: list[list[str]] = []
        async with asyncio.timeout(30):
            while not shown:
                shown = await browser.script(SHOWN)

    assert [["News of your document", ""]] == shown
    assert 1 == world.accepted
