"""The citizens' page as an app of the phones: followed with the camera, told by pushes, opened by a tap."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from cli.settings import local_settings
from cli.up.command import Installation, installation
from tests.acceptance import story
from tests.faults.harness import prepared

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
CARD = "National identity card"
NEWS = "News of your document"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def running() -> AsyncIterator[Installation]:
    """Everything on this machine, with a desk and nobody's documents yet."""
    with pytest.MonkeyPatch.context() as patch, prepared(patch):
        async with installation(local_settings(), None, lambda _: None) as found:
            yield found


async def test_a_push_comes_up_on_the_phone_and_its_tap_opens_the_page(
    page: Page, running: Installation
) -> None:
    """Scanned with the page's app, each stage comes up on the phone as a push; taken away, none does."""
    assert running.addresses.phone is not None
    await page.goto(running.addresses.phone)
    await story.is_live(page)
    await story.welcome_citizen(page, "Mila", "en")
    phone = story.phone(page, "Mila")
    await phone.get_by_role("group", name="Apps").get_by_role("button", name="Page").click()
    await story.register(page, "Mila R.", CARD)
    await story.receipt(page).get_by_role("button", name="Mila scans it").click()
    log = story.log(page, "Mila")
    await expect(log.get_by_text("Your page is open on this phone")).to_be_visible()

    await page.keyboard.press("Escape")
    await story.stamp(page, "Mila R.", "")

    pushed = log.get_by_role("listitem").filter(has_text=NEWS)
    await expect(pushed).to_have_count(1)
    async with page.context.expect_page() as opening:
        await pushed.get_by_role("link", name="Open the page").click()
    opened = await opening.value
    await opened.get_by_role("button", name="Open").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text(re.compile("."))
    await expect(opened.locator("article.document")).to_be_visible()
    await opened.close()

    await phone.get_by_role("button", name="Chat menu").click()
    await phone.get_by_role("menuitem", name="Take no pushes").click()
    await expect(phone.get_by_text("wants no pushes")).to_be_visible()
    await story.stamp(page, "Mila R.", "")
    await expect(pushed).to_have_count(1)
