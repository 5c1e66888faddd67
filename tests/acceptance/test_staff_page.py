"""The staff's page in a real browser: live, by hand, by keyboard, narrow, in the dark, without barriers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import nats
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from nats.aio.client import Client
from playwright.async_api import Browser, Page, ViewportSize, expect

from contracts.messages.desk.question import QuestionKind
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.domain.viewers import Role
from tests.conftest import Databases
from tests.integration.desk.conftest import question
from tests.integration.desk.pages_bench import COOKIE, DeskPages, desk_pages
from tests.integration.desk.people import Desk
from tests.integration.desk.test_questions import _questions

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PASSPORT: dict[str, Any] = {
    "document": "foreign_passport",
    "stage": "arrived",
    "office": "kyiv-1",
    "actionable": True,
}
WIDE, NARROW = ViewportSize(width=1400, height=900), ViewportSize(width=320, height=640)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ALL: tuple[Role, ...] = ("operator", "supervisor", "editor")
KNOWN = "proxy"


@dataclass
class Staffed:
    """A desk with its pages, and browsers of its staff."""

    desk: Desk
    pages: DeskPages
    browser: Browser
    client: Client

    @asynccontextmanager
    async def at_work(self, name: str, *roles: Role, **options: Any) -> AsyncIterator[Page]:  # noqa: ANN401 - those of a browser
        """Open a browser in which somebody is signed in; the test fails when a script on its page did."""
        context = await self.browser.new_context(
            viewport=WIDE, reduced_motion="reduce", locale="en-GB", **options
        )
        cookie = await self.pages.staff(name, *roles)
        await context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.pages.url}])
        broken: list[str] = []
        page = await context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        await page.goto(f"{self.pages.url}/conversations")
        yield page
        await context.close()

        assert broken == []


@pytest_asyncio.fixture(loop_scope="session")
async def staffed(nats_url: str, databases: Databases, browser: Browser) -> AsyncIterator[Staffed]:
    """A desk whose base knows one answer."""
    client = await nats.connect(nats_url)
    async with open_pool(databases.url("desk"), "desk") as pool:
        desk = Desk(pool, Outbox(pool, StreamWriter(client), SystemClock()))
        served = desk_pages(pool, databases.url("desk"), desk.conversations, answers=(KNOWN,))
        async with served as pages:
            yield Staffed(desk, pages, browser, client)
    await client.close()


async def barriers(page: Page, where: str) -> list[str]:
    """Return what axe finds and what is wider than the window, a line each."""
    results = (await Axe().run(page)).response["violations"]
    found = [
        f"{where}: {one['id']}: {json.dumps([node['html'][:120] for node in one['nodes'][:3]])}"
        for one in results
    ]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{where}: wider than its window")
    return found


async def test_a_question_comes_live_and_is_answered(staffed: Staffed) -> None:
    """A new question appears by itself; a suggestion is put in, edited and sent; what comes next shows."""
    known = staffed.pages.catalogue.answers[KNOWN]
    async with staffed.at_work("Olena", "operator") as page:
        await expect(page.get_by_text("Nobody waits.")).to_be_visible()
        talks = await staffed.desk.open(known.questions["uk"][0], **PASSPORT)
        await expect(page.get_by_role("link", name="Passport for travel abroad")).to_be_visible()
        await page.get_by_role("button", name="Take the next one").click()
        log = page.get_by_role("log")
        await expect(log.get_by_text(known.questions["uk"][0])).to_be_visible()
        await page.get_by_role("button", name="Put it into the answer").first.click()
        box = page.get_by_label("Answer to the citizen")
        await expect(box).to_have_value(known.text["uk"])
        await box.press_sequentially(" Чекаємо вас!")
        await page.get_by_role("button", name="Send to the citizen").click()
        await expect(log.get_by_text("Чекаємо вас!")).to_be_visible()
        await expect(box).to_have_value("")
        await staffed.desk.take(talks.said("Дякую, а коли?"))
        await expect(log.get_by_text("Дякую, а коли?")).to_be_visible()
        await expect(page.get_by_text("The citizen has written more.")).to_be_visible()
        await page.get_by_role("button", name="Close", exact=True).click()
        await expect(page.get_by_text("The conversation is over.")).to_be_visible()

    assert [f"{known.text['uk']} Чекаємо вас!"] == await staffed.desk.answers(talks.conversation_id)


async def test_two_staff_at_once(staffed: Staffed) -> None:
    """What one takes shows at once on the other's page; whoever comes late is told so."""
    await staffed.desk.open("перше", **PASSPORT)
    async with staffed.at_work("Olena", "operator") as olena, staffed.at_work("Petro", "operator") as petro:
        row = petro.get_by_role("link", name="Passport for travel abroad")
        await expect(row).to_be_visible()
        await row.click()
        await expect(petro.get_by_role("button", name="Take this conversation")).to_be_visible()
        await olena.get_by_role("button", name="Take the next one").click()
        await expect(olena.get_by_label("Answer to the citizen")).to_be_visible()
        await expect(petro.get_by_text("Olena holds it.")).to_be_visible()
        await petro.get_by_role("button", name="Take this conversation").click()
        await expect(petro.get_by_text("A colleague was faster")).to_be_visible()
        await expect(petro.get_by_text("Nobody waits.")).to_be_visible()


async def test_a_draft_is_kept_while_it_is_written(staffed: Staffed) -> None:
    """Words are kept without any deed, and stand there when the page is opened anew."""
    await staffed.desk.open("питання", **PASSPORT)
    async with staffed.at_work("Olena", "operator") as page:
        await page.get_by_role("button", name="Take the next one").click()
        await page.get_by_label("Answer to the citizen").fill("недописане")
        await expect(page.locator("#answer-kept")).to_have_text("Draft kept")
        await page.reload()
        await expect(page.get_by_label("Answer to the citizen")).to_have_value("недописане")


async def test_by_keyboard_alone(staffed: Staffed) -> None:
    """Taken, answered, noted and back to the list by keys; whoever wants no single keys turns them off."""
    talks = await staffed.desk.open("питання", **PASSPORT)
    async with staffed.at_work("Olena", "operator") as page:
        keys, listens = (
            page.keyboard,
            expect(page.locator("#keys-open")),
        )  # shown by the script that hears keys
        await page.locator("h1").click()
        await listens.to_be_visible()
        await keys.press("t")
        await expect(page.get_by_label("Answer to the citizen")).to_be_visible()
        await listens.to_be_visible()
        await keys.press("a")
        await expect(page.get_by_label("Answer to the citizen")).to_be_focused()
        await keys.type("Так.")
        await keys.press("Control+Enter")
        await expect(page.get_by_role("log").get_by_text("Так.")).to_be_visible()
        await listens.to_be_visible()
        await keys.press("n")
        await expect(page.get_by_label("Note for colleagues")).to_be_focused()
        await keys.type("ввічлива")
        await keys.press("Control+Enter")
        await expect(page.get_by_text("Note by Olena, for colleagues only")).to_be_visible()
        await listens.to_be_visible()
        await keys.press("Shift+?")
        await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
        await page.get_by_label("Use single keys").uncheck()
        await keys.press("Escape")
        await keys.press("l")
        await expect(page.get_by_role("log")).to_be_visible()

    assert ["Так."] == await staffed.desk.answers(talks.conversation_id)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_no_barriers(staffed: Staffed, scheme: Literal["light", "dark"]) -> None:
    """Axe finds nothing on any page, wide and narrow, and none is wider than its window."""
    talks = await staffed.desk.open("А" * 300 + " <b>питання</b>", **PASSPORT)
    other = await staffed.desk.open("question", language="en", reason="complaint")
    found: list[str] = []
    async with staffed.at_work("Olena", *ALL, color_scheme=scheme) as page:
        await page.get_by_role("button", name="Take the next one").click()
        await page.get_by_text("Write a note for colleagues").click()
        await page.get_by_text("Pass it on").first.click()
        paths = (
            *("", "/conversations", f"/conversations/{talks.conversation_id}", "/search", "/wall"),
            f"/conversations/{other.conversation_id}",
            *(
                "/knowledge",
                "/knowledge/answers",
                f"/knowledge/answers/{KNOWN}",
                "/knowledge/new",
                "/knowledge/try",
            ),
        )
        for size, name in ((WIDE, "wide"), (NARROW, "narrow")):
            await page.set_viewport_size(size)
            for path in paths:
                if path:
                    await page.goto(f"{staffed.pages.url}{path}")
                found += await barriers(page, f"{name}, {path}")

    assert found == []


async def test_without_scripts(staffed: Staffed) -> None:
    """The same by forms alone: taken, suggested, sent, kept as a draft, closed."""
    known = staffed.pages.catalogue.answers[KNOWN]
    talks = await staffed.desk.open(known.questions["uk"][0], **PASSPORT)
    async with staffed.at_work("Olena", "operator", java_script_enabled=False) as page:
        await page.get_by_role("button", name="Take the next one").click()
        await page.get_by_role("button", name="Put it into the answer").first.click()
        await expect(page.get_by_label("Answer to the citizen")).to_have_value(known.text["uk"])
        await page.get_by_label("Answer to the citizen").fill("Так.")
        await page.get_by_role("button", name="Keep as a draft").click()
        await expect(page.get_by_label("Answer to the citizen")).to_have_value("Так.")
        await page.get_by_role("button", name="Send and close").click()
        await expect(page.get_by_text("The conversation is over.")).to_be_visible()

    assert ["Так."] == await staffed.desk.answers(talks.conversation_id)


async def test_an_editor_turns_a_miss_into_an_answer(staffed: Staffed) -> None:
    """From the list of what was missed to the released answer, which a question in other words finds then."""
    missed = [question(QuestionKind.MISSED, language="en", text="dog along please") for _ in range(3)]
    await _questions(staffed.pages.pool, staffed.client).take(missed)
    async with staffed.at_work("Olena", "editor") as page:
        await page.goto(f"{staffed.pages.url}/knowledge")
        await page.get_by_role("button", name="Write an answer").click()
        await page.get_by_label("Name of the answer").fill("dogs")
        await page.get_by_label("Topic").fill("visit")
        for name, asked, text in (
            ("Ukrainian", "чи можна із собакою", "Лише собаки-поводирі."),
            ("Russian", "можно ли с собакой", "Только собаки-поводыри."),
            ("English", "dog along please\nmay I bring my dog", "Guide dogs only."),
        ):
            box = page.get_by_role("group", name=name)
            await box.get_by_label("Ways of asking").fill(asked)
            await box.get_by_label("The answer").fill(text)
        await page.get_by_role("button", name="See what it would do").click()
        await expect(page.get_by_text("would find dogs")).to_be_visible()
        await page.get_by_role("button", name="Release it").click()
        await expect(page.get_by_text("Released: whoever asks now is told it.")).to_be_visible()
        await page.get_by_role("link", name="Try a question").click()
        await page.get_by_label("As somebody would write it").fill("could I bring my dog with me?")
        await page.get_by_role("button", name="Try", exact=True).click()
        await expect(page.get_by_role("link", name="dogs")).to_be_visible()
