"""The forms of the edge in a real browser: filled in without a script, by keyboard, by everybody."""

import json
import time
from collections.abc import AsyncIterator
from typing import Literal, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Browser, Page, expect

from contracts.catalogue import load_catalogue
from contracts.catalogue.channel_terms import ChannelTerms
from runtime.clock import SystemClock
from sandbox.agency import CATALOGUE
from services.notifier.confirmation.asking import Asked
from services.notifier.domain.addresses.confirmations import Wish
from services.notifier.edge.application import Edge
from services.notifier.edge.form_pages import FormPages
from services.notifier.edge.forms import Acts, Forms
from services.notifier.edge.pages import Pages
from services.notifier.wording.i18n import load_voice
from tests.acceptance.test_edge_page import HERE, NARROW, SCHEMES, WINDOWS
from tests.attacks.wire import HOST, listening

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SECRET = "s" * 22
EMAIL, SMS = HERE.replace("/r/", "/r/email/"), HERE.replace("/r/", "/r/sms/")
PATHS = (HERE, EMAIL, SMS, "/c/email", f"/c/sms/{SECRET}", f"/c/{SECRET}", f"/u/{'A' * 43}", "/")


class Desk:
    """What the forms do, without anybody behind them."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.presses: list[tuple[str, ...]] = []

    async def ask(self, wish: Wish) -> Asked:
        """Note a wish."""
        self.wishes.append(wish)
        return Asked(SECRET, "sent")

    async def by_link(self, *pressed: object) -> bool:
        """Note that a button was pressed."""
        self.presses.append(tuple(map(str, pressed)))
        return True

    async def by_code(self, secret: str, code: str) -> bool:
        """Take one code."""
        self.presses.append((secret, code))
        return code == "123456"

    def address(self, secret: str) -> UUID:
        """Know every secret."""
        return uuid5(NAMESPACE_URL, secret)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def desk() -> Desk:
    return Desk()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def url(desk: Desk) -> AsyncIterator[str]:
    """An edge that serves the sample agency with e-mail and SMS."""
    voice = load_voice(load_catalogue(CATALOGUE))
    agency = voice.catalogue.agency
    more = (
        ChannelTerms(channel="email", name="docs@agency.example"),
        ChannelTerms(channel="sms", name="Docs"),
    )
    offered = agency.model_copy(update={"channels": (*agency.channels, *more)})
    pages = Pages(voice, offered, "https://docs.agency.example")
    typed = {"email": lambda one: one if "@" in one else None, "sms": lambda one: one if "+" in one else None}
    acts = Acts(typed, *(cast("None", desk),) * 4, SystemClock())  # type: ignore[arg-type]  # it does what all of them do
    forms = Forms(FormPages(pages), acts, lambda _: None)
    async with listening(Edge(pages, time.monotonic, lambda _: None, forms)) as listener:
        yield f"http://{HOST}:{listener.port}"


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    """A page of a Ukrainian-speaking browser that runs no script."""
    context = await browser.new_context(viewport=NARROW, java_script_enabled=False, locale="uk-UA")
    yield await context.new_page()
    await context.close()


async def test_from_the_receipt_to_the_letter_without_a_script(bare: Page, url: str, desk: Desk) -> None:
    """The receipt's page leads to the form; a slip is said beside it; then people look into their mailbox."""
    await bare.goto(url + HERE)
    await bare.get_by_role("link", name="E-mail").click()
    await bare.get_by_label("Ваша адреса e-mail").fill("olena")
    await bare.get_by_label("Усе: документ").check()
    await bare.get_by_role("button").click()

    await expect(bare.get_by_role("alert")).to_contain_text("Це не адреса e-mail")
    await expect(bare.get_by_label("Ваша адреса e-mail")).to_have_value("olena")
    await bare.get_by_label("Ваша адреса e-mail").fill("olena@post.example")
    await bare.get_by_role("button").click()

    await expect(bare.get_by_role("heading", level=1)).to_have_text("Перевірте свою пошту")
    wish = desk.wishes[-1]
    assert ("email", "olena@post.example", HERE.removeprefix("/r/"), "uk", "all") == (
        wish.account,
        wish.address,
        wish.secret,
        wish.language,
        wish.detail,
    )


async def test_by_sms_and_keyboard_alone(page: Page, url: str, desk: Desk) -> None:
    """The number, the choice and the code are given without a mouse; a browser refuses no part of it."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{url}{SMS}?lang=en")
    await page.get_by_label("Your phone number").focus()
    await page.keyboard.type("+380501112233")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Type the code")
    await page.get_by_label("The six digits of the code").focus()
    await page.keyboard.type("123456")
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_css("outline-style", "solid")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    assert (SECRET, "123456") == desk.presses[-1]
    assert "news" == desk.wishes[-1].detail
    assert [] == said


async def test_looking_confirms_and_ends_nothing(page: Page, url: str, desk: Desk) -> None:
    """Whoever only opens a link from a message, as scanners do, changes nothing; the button does."""
    before = len(desk.presses)
    for path in (f"/c/{SECRET}", f"/u/{'A' * 43}"):
        await page.goto(url + path)
    looked = len(desk.presses)
    await page.get_by_role("button").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Done")

    assert (before, before + 1) == (looked, len(desk.presses))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("window", WINDOWS)
async def test_no_barriers(page: Page, url: str, window: str, scheme: Literal["light", "dark"]) -> None:
    """Axe finds nothing on any page, light and dark, in any window, and nothing is scrolled sideways."""
    await page.set_viewport_size(WINDOWS[window])
    await page.emulate_media(color_scheme=scheme)
    for path in PATHS:
        await page.goto(f"{url}{path}?lang=uk")

        found = (await Axe().run(page)).response["violations"]
        widths = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")

        assert [] == [
            f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']])}" for one in found
        ], path
        assert widths[0] <= widths[1], path
