"""The caller's page in a real browser: three calls worked through, by everybody, with and without scripts."""

import json
from collections.abc import AsyncIterator
from typing import Literal

import nats
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Browser, Page, ViewportSize, expect

from runtime.database.postgres import open_pool, transaction
from services.desk.calls.pages import Pages
from services.desk.calls.room import ROOM
from tests.conftest import Databases
from tests.integration.desk.calling import Desk, entry
from tests.integration.desk.staff_bench import StaffBench, staff_bench

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=360, height=740)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Floor:
    """A door with calls behind it, and the browsers of callers."""

    def __init__(self, desk: Desk, bench: StaffBench) -> None:
        self.desk = desk
        self.bench = bench

    async def cookie(self, *languages: str) -> str:
        """Hire a caller; return the cookie of their session."""
        caller = await self.desk.caller(*languages)
        async with transaction(self.desk.pool) as connection:
            return await self.bench.door.sessions.begin(connection, caller.staff_id, "open")

    async def let_in(self, page: Page) -> None:
        """Sign a browser in."""
        cookie = await self.cookie()
        await page.context.add_cookies([{"name": "docwatch-desk", "value": cookie, "url": self.bench.url}])


@pytest_asyncio.fixture(loop_scope="session")
async def floor(databases: Databases, nats_url: str) -> AsyncIterator[Floor]:
    """Three people to call, of whom one has a back office with a link."""
    client = await nats.connect(nats_url)
    try:
        async with open_pool(databases.url("desk"), "desk") as pool:
            desk = Desk(pool, client)
            pages = Pages(desk.calls, desk.catalogue, desk.clock)
            async with staff_bench(pool, pages.routes(), ROOM) as bench:
                people = entry(1, publisher="sample"), entry(2, language="ru"), entry(3, receipt_id="r-3")
                await desk.hear_of(*people)
                yield Floor(desk, bench)
    finally:
        await client.close()


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    """A narrow page without scripts."""
    context = await browser.new_context(viewport=NARROW, java_script_enabled=False, locale="en-GB")
    yield await context.new_page()
    await context.close()


async def barriers(page: Page) -> list[str]:
    """Return what axe finds, and whether something must be scrolled sideways."""
    found = (await Axe().run(page)).response["violations"]
    wide = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    named = [f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']])}" for one in found]
    return [*named, *(["scrolled sideways"] if wide else [])]


async def test_a_caller_works_through_three_calls(bare: Page, floor: Floor) -> None:
    """Told, nobody there, called later; on a narrow page without scripts; then nobody is left."""
    await floor.let_in(bare)
    await bare.goto(f"{floor.bench.url}/calls")
    for result in ("Reached, told", "Nobody answered", "Asked to be called later"):
        await bare.get_by_role("button", name="Call the next one").click()
        await expect(bare.get_by_role("heading", name="What to say")).to_be_visible()
        await bare.get_by_label(result).check()
        if result == "Asked to be called later":
            await bare.get_by_label("Call again, if they asked for it").fill("2026-12-02T10:30")
        await bare.get_by_role("button", name="Enter").click()
        await expect(bare.get_by_role("status")).to_have_text("The call is entered.")

    await expect(bare.get_by_text("Nobody is to be called right now.")).to_be_visible()
    told = await floor.desk.told()
    assert ["reached", "no_answer", "later"] == [one.result for one in told]


async def test_by_keyboard_alone(page: Page, floor: Floor) -> None:
    """From the list into a call, its outcome and back, without a mouse."""
    await floor.let_in(page)
    await page.goto(f"{floor.bench.url}/calls?lang=en")
    await _tab_to(page, "button", "Call the next one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="How did it go?")).to_be_visible()
    await page.get_by_role("radio").first.focus()
    await page.keyboard.press("ArrowDown")
    await _tab_to(page, "button", "Enter")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("The call is entered.")

    assert ["no_answer"] == [one.result for one in await floor.desk.told()]


async def test_the_back_office_is_not_told_where_one_comes_from(page: Page, floor: Floor) -> None:
    """The link opens another window, without a referrer and without a hand on ours."""
    await floor.let_in(page)
    asked: list[dict[str, str]] = []

    async def office(route: object) -> None:
        asked.append(await route.request.all_headers())  # type: ignore[attr-defined]  # playwright's
        await route.fulfill(body="the case")  # type: ignore[attr-defined]

    await page.context.route("https://office.example/**", office)
    await page.goto(f"{floor.bench.url}/calls/{floor.desk.tracker.entries[0].call_id}?lang=en")
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="Open in the back office").click()
    opened = await opening.value
    await expect(opened.get_by_text("the case")).to_be_visible()

    assert "https://office.example/cases?event=e-1" == opened.url
    assert "referer" not in asked[0]
    assert await opened.evaluate("window.opener === null && document.referrer === ''")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_no_barriers(
    page: Page, floor: Floor, window: ViewportSize, scheme: Literal["light", "dark"]
) -> None:
    """Axe finds nothing on the list, on a call, and beside what is wrong, light and dark, wide and narrow."""
    await floor.let_in(page)
    await page.set_viewport_size(window)
    await page.emulate_media(color_scheme=scheme)
    await page.goto(f"{floor.bench.url}/calls")
    found = await barriers(page)
    await page.locator("form[action$='/calls/take'] button").click()
    found += await barriers(page)
    await page.locator("input[value=later]").check()
    await page.locator("form[data-sign] button").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    found += await barriers(page)

    assert [] == found


async def _tab_to(page: Page, tag: str, text: str) -> None:
    """Press Tab until something is reached; it shows that it is chosen."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        here = await page.evaluate(
            "[document.activeElement.tagName, document.activeElement.textContent.trim()]"
        )
        if here == [tag.upper(), text]:
            await expect(page.locator(":focus")).to_have_css("outline-style", "solid")
            return
    raise AssertionError(f"{text} is not reached")
