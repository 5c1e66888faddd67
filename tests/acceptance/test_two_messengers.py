"""A citizen with two messengers in a real browser: scan, choose Viber, follow; block it, hear by Telegram."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, ViewportSize, expect

from cli.installation.local import ensure_secrets
from cli.settings import local_settings
from cli.up.command import Installation, installation
from runtime.database.postgres import open_pool
from sandbox.viber_client import viber_client
from tests.acceptance import story
from tests.faults.harness import prepared
from tests.faults.second_way import Address, Record

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
WIDE = ViewportSize(width=1440, height=900)
CARD = "National identity card"


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


async def add_telegram(running: Installation, citizen: int) -> None:
    """Let somebody who follows by Viber be reached by Telegram, too."""
    assert running.addresses.phone is not None
    keys = ensure_secrets(local_settings().folder)["DOCWATCH_ENCRYPTION_KEYS"]
    async with (
        viber_client(running.addresses.phone) as viber,
        open_pool(running.servers.databases["notifier"], "notifier") as pool,
    ):
        first = Address("viber", await viber.user_id(citizen))
        await Record(pool, keys).person(first, Address("telegram", str(citizen)))


async def test_by_viber_and_by_telegram_once_viber_is_blocked(stage: Page, running: Installation) -> None:
    """Who scans the code and chooses Viber is told there; once Viber is blocked, by their Telegram."""
    await story.welcome_citizen(stage, "Олена", "uk")
    citizen = int(stage.url.rpartition("/")[2].split(",")[0])
    log = story.log(stage, "Олена")
    await app(stage, "Олена", "Telegram").click()
    await story.phone(stage, "Олена").get_by_role("button", name="Start", exact=True).click()
    await expect(log.locator(".from-bot")).not_to_have_count(0)
    await app(stage, "Олена", "Viber").click()
    await story.register(stage, "Олена К.", CARD)
    link = await chosen(stage, "Viber")
    async with stage.expect_request(
        lambda sent: sent.url.endswith(f"/viber/citizens/{citizen}/open")
    ) as opening:
        await story.receipt(stage).get_by_role("button", name="Олена scans it").click()
    opened = (await opening.value).post_data_json

    keyboard = story.phone(stage, "Олена").get_by_role("group", name="Keyboard of the bot")
    await keyboard.get_by_role("button").first.click()
    await expect(log).to_contain_text(story.NUMBER)
    await story.stamp(stage, "Олена К.", "Checking the details")
    await expect(log).to_contain_text("Перевірка даних")
    await app(stage, "Олена", "Telegram").click()
    await expect(log).not_to_contain_text("Перевірка даних")

    await add_telegram(running, citizen)
    await app(stage, "Олена", "Viber").click()
    await story.phone(stage, "Олена").get_by_role("button", name="Chat menu").click()
    await stage.get_by_role("menuitem", name="Block the bot").click()
    await expect(story.phone(stage, "Олена").get_by_role("button", name="Unblock the bot")).to_be_visible()
    await story.stamp(stage, "Олена К.", "Being made")

    await app(stage, "Олена", "Telegram").click()
    await expect(log.get_by_role("listitem").last).to_contain_text("Виготовлення")
    await app(stage, "Олена", "Viber").click()
    await expect(log).not_to_contain_text("Виготовлення")
    assert {"link": link} == opened
