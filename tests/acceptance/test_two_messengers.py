"""A citizen with two messengers in a real browser: scan, choose Viber, follow; block it, hear by Telegram."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, ViewportSize, expect

from cli.settings import local_settings
from cli.up.command import Installation, installation
from tests.acceptance import story
from tests.faults.harness import prepared

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
WIDE = ViewportSize(width=1440, height=900)
CARD, SHIPPED = "National identity card", "On its way to the office"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def running() -> AsyncIterator[Installation]:
    """Everything on this machine, with a desk and nobody's documents yet."""
    with pytest.MonkeyPatch.context() as patch, prepared(patch):
        async with installation(local_settings(), None, lambda _: None) as found:
            yield found


@pytest_asyncio.fixture(loop_scope="session")
async def stage(page: Page, running: Installation) -> Page:
    """The page of that installation, wide."""
    assert running.addresses.phone is not None
    await page.set_viewport_size(WIDE)
    await page.goto(running.addresses.phone)
    await story.is_live(page)
    return page


def app(page: Page, citizen: str, name: str) -> Locator:
    """The button that opens an app on somebody's phone."""
    apps = story.phone(page, citizen).get_by_role("group", name="Apps")
    return apps.get_by_role("button", name=name)


async def chosen(page: Page, messenger: str) -> str:
    """Open what the printed code holds, as a phone's camera does; return where a messenger's button leads."""
    opens = story.receipt(page).get_by_role("link", name="Open what its code holds")
    async with page.context.expect_page() as opening:
        await opens.click()
    offered = await opening.value
    await expect(offered.get_by_role("heading", level=1)).to_be_visible()
    link = await offered.get_by_role("link", name=messenger).get_attribute("href")
    await offered.close()
    assert link is not None
    return link


def keyboard(page: Page, citizen: str) -> Locator:
    """What the bot of Viber lets somebody tap."""
    return story.phone(page, citizen).get_by_role("group", name="Keyboard of the bot")


async def test_by_viber_and_by_telegram_once_viber_is_blocked(stage: Page) -> None:
    """Who puts Viber first is told there and nowhere else, and by their second way once Viber is blocked."""
    await story.welcome_citizen(stage, "Lucas", "en")
    phone, log = story.phone(stage, "Lucas"), story.log(stage, "Lucas")
    await app(stage, "Lucas", "Viber").click()
    await story.register(stage, "Lucas B.", CARD)
    link = await chosen(stage, "Viber")
    async with stage.expect_request(re.compile(r"/viber/citizens/\d+/open$")) as opening:
        await story.receipt(stage).get_by_role("button", name="Lucas scans it").click()
    opened = (await opening.value).post_data_json
    await keyboard(stage, "Lucas").get_by_role("button", name="Yes, write to me").click()
    await expect(log).to_contain_text(story.NUMBER)
    await story.stamp(stage, "Lucas B.", "Checking the details")
    await expect(log).to_contain_text("Checking the details")

    await phone.get_by_role("textbox", name="Message").fill("/ways")
    await stage.keyboard.press("Enter")
    await keyboard(stage, "Lucas").get_by_role("button", name="Add another way").click()
    await keyboard(stage, "Lucas").get_by_role("link", name="Open Telegram").click()
    await expect(app(stage, "Lucas", "Telegram")).to_have_attribute("aria-pressed", "true")
    await log.get_by_role("button", name="Yes, that is me").click()
    await expect(log).to_contain_text("We now write to you here as well")
    await app(stage, "Lucas", "Viber").click()
    await phone.get_by_role("textbox", name="Message").fill("/ways")
    await stage.keyboard.press("Enter")
    await keyboard(stage, "Lucas").get_by_role("button", name="First: 2. Viber").click()
    await expect(log).to_contain_text("1. Viber, this chat\n2. Telegram", use_inner_text=True)
    await story.stamp(stage, "Lucas B.", "Being made")
    await expect(log).to_contain_text("Being made")

    await phone.get_by_role("button", name="Chat menu").click()
    await stage.get_by_role("menuitem", name="Block the bot").click()
    await expect(phone.get_by_role("button", name="Unblock the bot")).to_be_visible()
    await story.stamp(stage, "Lucas B.", SHIPPED)

    await app(stage, "Lucas", "Telegram").click()
    await expect(log.get_by_role("listitem").last).to_contain_text(SHIPPED)
    await expect(log).not_to_contain_text("Being made")
    await app(stage, "Lucas", "Viber").click()
    await expect(log).to_contain_text("Being made")
    await expect(log).not_to_contain_text(SHIPPED)
    assert {"link": link} == opened
