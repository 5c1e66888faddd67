"""The citizens' page in a real browser: followed, told, talked to, with scripts or without, by everybody."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import nats
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Browser, Page, Response, ViewportSize, expect

from contracts.messages.following import Moment
from tests.conftest import Databases
from tests.integration.notifier.page_bench import TOKEN, CitizensPage, citizens_page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=320, height=640)
ZOOMED = ViewportSize(width=640, height=400)
"""What is left of a wide window for a page that is zoomed to 200 %."""
WINDOWS = {"wide": WIDE, "narrow": NARROW, "200 %": ZOOMED}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_BYTES = 100_000
PATHS = ("/p", "/p/settings", "/p/open", "/p/farewell", f"/r/web/{TOKEN}")


@pytest_asyncio.fixture(loop_scope="session")
async def citizen(nats_url: str, databases: Databases) -> AsyncIterator[CitizensPage]:
    """A notifier with a document that can be followed."""
    client = await nats.connect(nats_url)
    async with citizens_page(nats_url, client, databases) as found:
        now = datetime.now(UTC)
        one = found.script.document()
        found.script.moments[one.subscription_id] = tuple(
            Moment(stage=stage, office="kyiv-1", occurred_at=now - timedelta(days=days))
            for stage, days in (("accepted", 9), ("verification", 6), ("printing", 1))
        )
        yield found
    await client.close()


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    """A page of a narrow browser that runs no script."""
    context = await browser.new_context(viewport=NARROW, java_script_enabled=False, locale="en-GB")
    yield await context.new_page()
    await context.close()


async def follow(page: Page, citizen: CitizensPage) -> None:
    """Open the receipt's page and say yes."""
    await page.goto(f"{citizen.url}/r/web/{TOKEN}?lang=en")
    await page.get_by_role("button", name="Yes, write to me").click()
    await expect(page.get_by_role("heading", name="Your documents")).to_be_visible()
    await expect(page.get_by_text("You now follow this document")).to_be_visible()


async def test_a_stage_arrives_in_an_open_page(page: Page, citizen: CitizensPage) -> None:
    """From the receipt to the page; the next stage changes the open page by itself, with no reload."""
    await follow(page, citizen)
    document = page.locator("article.document")
    await expect(document.get_by_text("Step 3 of 6")).to_be_visible()
    await page.evaluate("window.same = true")

    await citizen.tell(stage="arrived")

    await expect(document.get_by_text("Step 5 of 6")).to_be_visible()
    await expect(document.get_by_role("heading", name="What you need to do")).to_be_visible()
    await expect(page.get_by_role("log").get_by_text("Step 5 of 6")).to_be_visible()
    assert await page.evaluate("window.same")


async def test_a_conversation_with_scripts(page: Page, citizen: CitizensPage) -> None:
    """What is written shows at once, its answer follows, and a button is answered in place of a form."""
    await follow(page, citizen)
    log = page.get_by_role("log")

    await page.get_by_label("Write to us").fill("when will it be ready?")
    await page.keyboard.press("Enter")
    await expect(log.get_by_text("when will it be ready?")).to_have_count(1)
    await expect(log.locator(".line").last).to_contain_text("Expected date")
    await log.locator(".line").last.get_by_role("button", name="More").click()

    await expect(log.locator(".line").last).to_contain_text("What would you like to do?")
    await expect(page.get_by_label("Write to us")).to_have_value("")
    assert page.url.startswith(f"{citizen.url}/p")


async def test_a_conversation_without_scripts(bare: Page, citizen: CitizensPage) -> None:
    """The same by forms alone: each leads to the page with its answer."""
    await follow(bare, citizen)
    lines = bare.locator(".line")

    await bare.get_by_label("Write to us").fill("when will it be ready?")
    await bare.get_by_role("button", name="Send").click()
    await expect(lines.last).to_contain_text("Expected date")
    await lines.last.get_by_role("button", name="More").click()

    await expect(lines.last).to_contain_text("What would you like to do?")
    await citizen.tell(stage="arrived")
    await bare.get_by_role("link", name="Look again").click()
    await expect(bare.get_by_text("Step 5 of 6").first).to_be_visible()


async def test_stopping_by_hand(page: Page, citizen: CitizensPage) -> None:
    """The button at a document asks in the conversation first, and the yes stops."""
    await follow(page, citizen)

    await page.locator("article").get_by_role("button", name="Stop messages").click()
    await page.get_by_role("button", name="Yes, stop").click()

    await expect(page.get_by_text("You follow no document here")).to_be_visible()


async def test_forgetting_by_hand(page: Page, citizen: CitizensPage) -> None:
    """Whoever has everything erased sees the page closed, and finds no way back into it."""
    await follow(page, citizen)
    await page.locator(".places").get_by_role("link", name="Settings").click()
    await page.get_by_role("button", name="Erase everything").click()
    await page.get_by_role("button", name="Yes, erase").click()

    await expect(page.get_by_role("heading", name="Your page is closed")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_text("№ …4567")).to_have_count(0)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("window", WINDOWS)
async def test_no_barriers(
    page: Page, citizen: CitizensPage, window: str, scheme: Literal["light", "dark"]
) -> None:
    """Axe finds nothing, light and dark, in any window, and nothing must be scrolled sideways."""
    await follow(page, citizen)
    await citizen.tell(stage="arrived", missing=("old_passport",), overdue=True)
    await page.set_viewport_size(WINDOWS[window])
    await page.emulate_media(color_scheme=scheme)
    found: dict[str, list[str]] = {}
    for path in PATHS:
        await page.goto(citizen.url + path)
        for one in await page.locator("details").all():
            await one.evaluate("one => one.open = true")
        broken = (await Axe().run(page)).response["violations"]
        found[path] = [
            f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']])}" for one in broken
        ]
        if await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found[path].append("it must be scrolled sideways")

    assert {} == {path: broken for path, broken in found.items() if broken}


async def test_by_keyboard_alone(page: Page, citizen: CitizensPage) -> None:
    """The conversation is reached by the keyboard, in the order in which the page is read, and answered."""
    await follow(page, citizen)
    await page.reload()
    reached = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        await expect(focused).to_have_css("outline-style", "solid")
        reached.append((await focused.inner_text()) or (await focused.get_attribute("id")) or "")
        if reached[-1] == "text":
            break
    await page.keyboard.type("help")
    await page.keyboard.press("Enter")

    assert ["Document Service (sample)", "Documents", "Conversation", "Settings"] == reached[:4]
    assert "Stop messages" in reached
    assert "text" == reached[-1]
    await expect(page.get_by_role("log").get_by_text("help", exact=True)).to_be_visible()


async def test_it_is_small_and_asks_nobody_else(page: Page, citizen: CitizensPage) -> None:
    """All of the page is less than 100 kB, comes from one place, and the browser refuses none of it."""
    sizes: dict[str, int] = {}
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    def measured(answer: Response) -> None:
        sizes[answer.url] = int(answer.headers.get("content-length", 0))

    await follow(page, citizen)
    page.on("response", measured)
    await page.reload()
    await expect(page.get_by_role("log")).to_be_visible()

    assert [] == said
    assert {citizen.url} == {url[: len(citizen.url)] for url in sizes}
    assert sum(sizes.values()) < MOST_BYTES
