"""The whole story in a real browser over the whole installation: from the desk to the citizen's phone."""

import json
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Page, ViewportSize, expect

from cli.settings import local_settings
from cli.up.command import Installation, installation
from tests.acceptance import story
from tests.faults.harness import prepared

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=360, height=740)
CARD = "National identity card"
NARROW_PANES: tuple[tuple[str, Literal["light", "dark"]], ...] = (
    (".phone", "dark"),
    (".office", "dark"),
    (".people", "light"),
)


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


async def test_from_the_desk_to_the_phone(stage: Page) -> None:
    """A receipt that is scanned, and one that is photographed, bring the clerk's stamps to their phones."""
    await story.welcome_citizen(stage, "Олена", "uk")
    await story.register(stage, "Олена К.", CARD)
    await expect(story.paper(stage).locator("h1")).to_have_text("Дізнавайтеся, де ваш документ")
    await story.hold_phone_over(stage, "Олена")
    await story.say_yes(stage, "Олена")
    await expect(story.log(stage, "Олена")).to_contain_text("Заяву прийнято")

    await story.welcome_citizen(stage, "Марія", "uk")
    await story.register(stage, "Марія П.", CARD)
    await story.hold_phone_over(stage, "Марія", photo=True)
    await story.say_yes(stage, "Марія")
    await story.stamp(stage, "Олена К.", "Checking the details")
    await story.stamp(stage, "Марія П.", "Checking the details")
    await story.stamp(stage, "Олена К.", "Being made")

    for name in ("Олена", "Марія"):
        await expect(story.log(stage, name)).to_contain_text("Перевірка даних")
    await expect(story.log(stage, "Олена").get_by_role("listitem").last).to_contain_text("Виготовлення")
    await expect(story.log(stage, "Марія")).not_to_contain_text("Виготовлення")
    await expect(story.log(stage, "Марія").get_by_role("img", name="Photo")).to_be_visible()


async def test_from_the_receipt_to_the_page_with_all_channels(stage: Page) -> None:
    """What the receipt's code holds is our own page, whose buttons lead to the bots with the same secret."""
    await story.welcome_citizen(stage, "Роман", "uk")
    await story.register(stage, "Роман Д.", CARD)
    opens = story.receipt(stage).get_by_role("link", name="Open what its code holds")

    async with stage.context.expect_page() as opening:
        await opens.click()
    page = await opening.value
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    token = page.url.rpartition("/r/")[2]
    hrefs = [
        await page.get_by_role("link", name=name).get_attribute("href") for name in ("Telegram", "Viber")
    ]
    await page.close()
    await story.hold_phone_over(stage, "Роман")

    assert [
        f"https://t.me/docwatch_sample_bot?start={token}",
        f"viber://pa?chatURI=docwatchsample&context={token}",
    ] == hrefs
    await story.say_yes(stage, "Роман")


async def test_by_keyboard_alone(stage: Page) -> None:
    """Register, scan, consent and stamp work without a mouse, and the focus stays where one acts."""
    keys = stage.keyboard
    await story.welcome_citizen(stage, "Lucas", "en")
    await story.office(stage).get_by_label("Holder").focus()
    await keys.type("Lucas B.")
    await keys.press("Enter")
    scans = story.receipt(stage).get_by_role("button", name="Lucas scans it")
    await expect(scans).to_be_visible()
    while not await scans.evaluate("node => node === document.activeElement"):
        await keys.press("Tab")
    await keys.press("Enter")
    await expect(story.receipt(stage)).to_be_hidden()
    yes = story.log(stage, "Lucas").get_by_role("button", name="Yes, write to me")
    await expect(yes).to_be_visible()
    await expect(story.phone(stage, "Lucas").get_by_role("textbox", name="Message")).to_be_focused()
    while not await yes.evaluate("node => node === document.activeElement"):
        await keys.press("Shift+Tab")
    await keys.press("Enter")
    await expect(story.log(stage, "Lucas")).to_contain_text("Application accepted")

    stamps = story.application(stage, "Lucas B.").get_by_role("button", name="Stamp")
    await stamps.focus()
    await keys.press("Enter")

    await expect(story.log(stage, "Lucas")).to_contain_text("Checking the details")
    await expect(stamps).to_be_focused()
    await expect(stage.locator("#note")).to_contain_text("Stamped for Lucas B.: Checking the details")


async def test_no_barriers(stage: Page) -> None:
    """Axe finds nothing, light and dark, wide and narrow: people, phones, office and the receipt."""
    await story.welcome_citizen(stage, "Дарина", "uk")
    await story.register(stage, "Дарина В.", CARD)
    await story.hold_phone_over(stage, "Дарина")
    chat = stage.url[stage.url.index("#") :]

    found = await barriers(stage, "wide, light")
    await stage.emulate_media(color_scheme="dark")
    found += await barriers(stage, "wide, dark")
    await story.application(stage, "Дарина В.").get_by_role("button", name="Receipt").click()
    await expect(story.paper(stage).locator(".code")).to_be_visible()
    found += await barriers(stage, "receipt, dark")
    await stage.keyboard.press("Escape")
    await stage.set_viewport_size(NARROW)
    for shown, scheme in NARROW_PANES:
        pane = {".phone": chat, ".office": "#/office", ".people": "#/"}[shown]
        await stage.emulate_media(color_scheme=scheme)
        await stage.evaluate("hash => { location.hash = hash }", pane)
        await expect(stage.locator(shown)).to_be_visible()
        found += await barriers(stage, f"narrow, {scheme}, {shown}")

    assert found == []


async def barriers(page: Page, where: str) -> list[str]:
    """Return what axe finds, a line each."""
    results = (await Axe().run(page)).response["violations"]
    return [
        f"{where}: {one['id']}: {json.dumps([node['html'][:120] for node in one['nodes'][:3]])}"
        for one in results
    ]
