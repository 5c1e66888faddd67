"""The page behind a receipt's code in a real browser: read, pressed and zoomed by everybody."""

import json
import time
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Browser, Page, ViewportSize, expect

from contracts.catalogue import load_catalogue
from sandbox.agency import CATALOGUE
from services.notifier.edge.application import Edge
from services.notifier.edge.pages import Pages
from services.notifier.wording.i18n import load_voice
from tests.attacks.wire import HOST, listening

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HERE = "/r/" + "Ab3_" * 5 + "-9"
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)
ZOOMED = ViewportSize(width=640, height=400)
"""What is left of a wide window for a page that is zoomed to 200 %."""
WINDOWS = {"wide": WIDE, "narrow": NARROW, "200 %": ZOOMED}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def url() -> AsyncIterator[str]:
    """An edge that serves the sample agency."""
    voice = load_voice(load_catalogue(CATALOGUE))
    pages = Pages(voice, voice.catalogue.agency, "https://docs.agency.example")
    async with listening(Edge(pages, time.monotonic, lambda _: None)) as listener:
        yield f"http://{HOST}:{listener.port}"


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    """A page of a Russian-speaking browser that runs no script."""
    context = await browser.new_context(viewport=NARROW, java_script_enabled=False, locale="ru-RU")
    yield await context.new_page()
    await context.close()


async def test_no_script_is_needed_and_nobody_else_is_asked(bare: Page, url: str) -> None:
    """Without scripts the page has its buttons, in the browser's language, and fetches only itself."""
    asked: list[str] = []
    bare.on("request", lambda request: asked.append(request.url))

    await bare.goto(url + HERE)

    await expect(bare.get_by_role("heading", level=1)).to_have_text("Узнавайте, где ваш документ")
    await expect(bare.get_by_role("link", name="Открыть Telegram")).to_be_in_viewport()
    await expect(bare.get_by_role("link", name="Открыть Viber")).to_be_in_viewport()
    assert [url + HERE] == [one for one in asked if not one.endswith("/favicon.ico")]


async def test_nothing_of_the_page_is_passed_on(page: Page, url: str) -> None:
    """The browser refuses no part of the page, and tells nobody which page it came from."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(url + HERE)
    await expect(page.locator(".button").first).to_have_css("text-align", "center")
    assert [] == said

    async with page.expect_request(lambda request: "lang=en" in request.url) as going:
        await page.get_by_role("link", name="English").click()

    assert "referer" not in await (await going.value).all_headers()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Follow where your document is")
    assert "" == await page.evaluate("document.referrer")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", [HERE, "/r/cut"])
async def test_no_barriers(
    page: Page, url: str, path: str, window: str, scheme: Literal["light", "dark"]
) -> None:
    """Axe finds nothing, light and dark, in any window, and nothing must be scrolled sideways."""
    await page.set_viewport_size(WINDOWS[window])
    await page.emulate_media(color_scheme=scheme)
    await page.goto(url + path)

    found = (await Axe().run(page)).response["violations"]
    widths = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")

    assert [] == [f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']])}" for one in found]
    assert widths[0] <= widths[1]


async def test_the_largest_text_still_fits(page: Page, url: str) -> None:
    """With letters of twice the size in a narrow window nothing is cut off or scrolled sideways."""
    await page.set_viewport_size(NARROW)
    await page.goto(url + HERE)
    await page.evaluate("document.documentElement.style.fontSize = '200%'")

    cut = await page.evaluate(
        """() => [...document.querySelectorAll("main *, header *")]
            .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
            .map(one => one.outerHTML.slice(0, 80))"""
    )

    assert [] == cut
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_by_keyboard_alone(page: Page, url: str) -> None:
    """Every link is reached in the order in which it is read, and shows that it is chosen."""
    await page.goto(f"{url}{HERE}?lang=en")
    reached = []
    for _ in range(5):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        reached.append(await focused.inner_text())
        await expect(focused).to_have_css("outline-style", "solid")

    assert ["Українська", "Русский", "English", "Open Telegram", "Open Viber"] == reached
