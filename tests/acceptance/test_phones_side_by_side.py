"""Several phones on one page in a real browser, and what is sent on them besides texts."""

import base64
import re

import pytest
from playwright.async_api import FilePayload, Page, ViewportSize, expect

from tests.acceptance import story
from tests.acceptance.conftest import Phones

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TWO_FIT, ONE_FITS = ViewportSize(width=1100, height=800), ViewportSize(width=800, height=800)
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def open_from_list(page: Page, name: str) -> None:
    """Open somebody's phone as a person does."""
    await page.get_by_role("list", name="Citizens").get_by_role("link").filter(has_text=name).click()
    await expect(story.phone(page, name)).to_be_visible()


async def test_phones_stand_side_by_side(page: Page, phones: Phones) -> None:
    """As many are open as fit; one more takes the place of the longest untouched.

    A reload keeps them; what comes to one that is out of sight stays unread.
    """
    olena, *_ = [await phones.citizen(name) for name in ("Олена", "Іван", "Марія")]
    await page.set_viewport_size(TWO_FIT)
    await page.goto(phones.url)

    await open_from_list(page, "Олена")
    await open_from_list(page, "Іван")
    await story.phone(page, "Олена").get_by_role("textbox", name="Message").click()
    await open_from_list(page, "Марія")
    await expect(story.phone(page, "Іван")).to_have_count(0)
    await page.reload()

    for name in ("Олена", "Марія"):
        await expect(story.phone(page, name)).to_be_visible()
    await page.set_viewport_size(ONE_FITS)
    await expect(story.phone(page, "Олена")).to_be_hidden()
    await phones.bot("sendMessage", chat_id=olena, text="Unseen")
    row = page.get_by_role("list", name="Citizens").get_by_role("link").filter(has_text="Олена")
    await expect(row).to_contain_text("1 unread")
    await page.set_viewport_size(TWO_FIT)
    await expect(row.locator(".badge")).to_have_count(0)
    await story.phone(page, "Марія").get_by_role("button", name="Put away").click()
    await expect(story.phone(page, "Марія")).to_have_count(0)
    await expect(page).to_have_url(re.compile(r"#/citizen/\d+$"))
    await expect(story.phone(page, "Олена").get_by_role("textbox", name="Message")).to_be_focused()


async def test_each_phone_shows_its_own(page: Page, phones: Phones) -> None:
    """What is written, answered and noted on one of two open phones never shows on the other."""
    olena, ivan = await phones.citizen("Олена"), await phones.citizen("Іван")
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    await phones.bot("sendMessage", chat_id=olena, text="Follow it?", reply_markup=keyboard)
    await page.set_viewport_size(TWO_FIT)
    await page.goto(f"{phones.url}/#/citizen/{olena},{ivan}")

    await story.log(page, "Олена").get_by_role("button", name="Yes").click()
    query = await phones.update("callback_query")
    await phones.bot("answerCallbackQuery", callback_query_id=query["id"], text="Done for Olena")
    box = story.phone(page, "Іван").get_by_role("textbox", name="Message")
    await box.fill("Ivan's words")
    await box.press("Enter")

    await expect(story.phone(page, "Олена").locator(".toast")).to_have_text("Done for Olena")
    await expect(story.phone(page, "Іван").locator(".toast")).to_have_text("")
    await expect(story.log(page, "Іван")).to_contain_text("Ivan's words")
    await expect(story.log(page, "Олена")).not_to_contain_text("Ivan's words")


async def test_photos_and_files(page: Page, phones: Phones) -> None:
    """An attached picture goes out as a photo, anything else as a file; both show, and a file opens inert."""
    olena = await phones.citizen("Олена")
    await phones.update("message")
    await page.goto(f"{phones.url}/#/citizen/{olena}")
    chosen = story.phone(page, "Олена").locator("input[type=file]")

    await chosen.set_input_files(FilePayload(name="dot.png", mimeType="image/png", buffer=DOT))
    photo = await phones.update("message")
    await chosen.set_input_files(FilePayload(name="x.html", mimeType="text/html", buffer=b"<b>x</b>"))
    document = await phones.update("message")

    assert ("photo" in photo, document["document"]["file_name"]) == (True, "x.html")
    picture = story.log(page, "Олена").get_by_role("img", name="Photo")
    await expect(picture).to_have_js_property("naturalWidth", 1)
    async with page.expect_popup() as opened:
        await story.log(page, "Олена").get_by_role("link", name="File x.html").click()
    await expect((await opened.value).locator("b")).to_have_text("x")
    assert "null" == await (await opened.value).evaluate("self.origin")
