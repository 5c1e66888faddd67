"""The phone page in a real browser, against the real sandbox: what a person sees, presses and hears of."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.acceptance.conftest import Phones

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LINK = "https://t.me/docwatch_sandbox_bot?start=abc_123"
RECEIPT = {
    "receipt_id": "r1",
    "document": "ID card",
    "holder": "Олена",
    "code": "7QWK-M4ZP-0001-A",
    "link": LINK,
}


def people(page: Page) -> Locator:
    """Everybody in the left pane."""
    return page.get_by_role("list", name="Citizens").get_by_role("link")


def log(page: Page) -> Locator:
    """The messages of the open chat."""
    return page.get_by_role("log", name="Messages")


async def open_chat(page: Page, phones: Phones, citizen_id: int) -> None:
    """Open the page with one citizen's chat and wait until it is live."""
    await page.goto(f"{phones.url}/#/citizen/{citizen_id}")
    await expect(page.locator("#status")).to_have_attribute("data-state", "live")
    await expect(log(page)).to_have_attribute("aria-busy", "false")


async def test_message_arrives_live(page: Page, phones: Phones) -> None:
    """A message that the bot sends shows at once: in the open chat, else as a preview with an unread mark."""
    olena, ivan = await phones.citizen("Олена Коваленко"), await phones.citizen("Ivan")
    await open_chat(page, phones, olena)

    await phones.bot("sendMessage", chat_id=olena, text="Printing, step 3 of 6")
    await phones.bot("sendMessage", chat_id=ivan, text="Shipped, step 4 of 6")

    await expect(log(page).get_by_role("listitem").last).to_contain_text("Printing, step 3 of 6")
    await expect(people(page).first).to_contain_text(re.compile("Ivan.*Shipped, step 4 of 6.*1 unread"))
    await expect(people(page).nth(1)).to_contain_text("Printing, step 3 of 6")
    await expect(people(page).nth(1).locator(".badge")).to_have_count(0)
    await expect(page).to_have_title("(1) Docwatch phone")


async def test_pressed_button_reaches_the_bot(page: Page, phones: Phones) -> None:
    """A pressed inline button is a callback query; its answer shows as a toast, an edit in its place."""
    olena = await phones.citizen("Олена")
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "consent:yes"}]]}
    sent = await phones.bot("sendMessage", chat_id=olena, text="Follow it?", reply_markup=keyboard)
    await open_chat(page, phones, olena)

    await log(page).get_by_role("button", name="Yes").click()
    query = await phones.update("callback_query")
    await phones.bot("answerCallbackQuery", callback_query_id=query["id"], text="You follow it now")
    await phones.bot("editMessageText", chat_id=olena, message_id=sent["message_id"], text="You follow it.")

    assert (olena, "consent:yes") == (query["from"]["id"], query["data"])
    await expect(page.get_by_role("region", name="Phone of Олена").locator(".toast")).to_have_text(
        "You follow it now"
    )
    await expect(log(page).get_by_role("listitem").last).to_contain_text(re.compile("You follow it.*edited"))
    await expect(log(page).get_by_role("button", name="Yes")).to_have_count(0)


async def test_scanned_receipt_starts_the_bot(page: Page, phones: Phones) -> None:
    """Choosing a receipt opens its deep link as the selected citizen, and the receipt remembers who."""
    olena = await phones.citizen("Олена", started=False)
    await phones.post("/receipts", RECEIPT)
    await phones.post("/receipts", {**RECEIPT, "receipt_id": "r2", "holder": "Ivan", "link": f"{LINK}9"})
    await open_chat(page, phones, olena)

    await log(page).get_by_role("button", name="Scan a receipt").click()
    dialog = page.get_by_role("dialog", name="Scan a receipt")
    await dialog.get_by_role("searchbox").fill("олена")
    await expect(dialog.get_by_role("listitem")).to_have_count(1)
    await dialog.get_by_role("button", name="ID card").click()
    message = await phones.update("message")

    assert (olena, "/start abc_123") == (message["from"]["id"], message["text"])
    await expect(dialog).to_be_hidden()
    await expect(log(page)).to_contain_text("/start abc_123")
    await page.get_by_role("button", name="Scan a receipt").first.click()
    await expect(dialog.get_by_role("listitem").filter(has_text="Scanned by Олена")).to_have_count(1)


async def test_keyboard_alone(page: Page, phones: Phones) -> None:
    """Without a mouse: find a citizen, start, write, press a button, see the receipts, come back."""
    await phones.citizen("Ivan")
    olena = await phones.citizen("Олена", started=False)
    await page.goto(phones.url)
    await expect(people(page)).to_have_count(2)

    await page.keyboard.press("Control+K")
    await page.keyboard.type("олена")
    await expect(people(page)).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await expect(people(page).first).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.type("What is next?")
    await page.keyboard.press("Enter")
    await expect(log(page).get_by_role("listitem").last).to_contain_text("What is next?")

    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    await phones.bot("sendMessage", chat_id=olena, text="Sure?", reply_markup=keyboard)
    await expect(log(page).get_by_role("button", name="Yes")).to_be_visible()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="Scan a receipt").first).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Shift+Tab")
    await expect(log(page).get_by_role("button", name="Yes")).to_be_focused()
    await page.keyboard.press("Enter")
    assert (await phones.update("callback_query"))["data"] == "yes"

    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Scan a receipt")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="Scan a receipt").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(people(page).first).to_be_focused()


async def test_menu_blocks_and_unblocks(page: Page, phones: Phones) -> None:
    """Blocking is in the chat's menu, works by keys and tells the bot; a blocked chat offers to unblock."""
    olena = await phones.citizen("Олена")
    await open_chat(page, phones, olena)

    await page.get_by_role("button", name="Chat menu").press("Enter")
    await expect(page.get_by_role("menuitem", name="Scan a receipt")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    left = await phones.update("my_chat_member")
    await page.get_by_role("button", name="Unblock the bot").click()
    back = await phones.update("my_chat_member")

    statuses = [update["new_chat_member"]["status"] for update in (left, back)]
    assert statuses == ["kicked", "member"]
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


async def test_markup_in_text_is_inert(page: Page, phones: Phones) -> None:
    """Markup inside a text stays text; entities become elements at UTF-16 offsets; no unsafe link is made."""
    olena = await phones.citizen('<b id="evil">Олена</b>')
    trap = "<img src=x onerror=\"document.title='hacked'\">"
    await open_chat(page, phones, olena)

    await phones.bot("sendMessage", chat_id=olena, text=trap)
    await phones.bot(
        "sendMessage",
        chat_id=olena,
        text='😀 <b>bold <i>both</i></b> &lt;i&gt; <a href="https://example.org/a?b=1">link</a>',
        parse_mode="HTML",
    )

    last = log(page).get_by_role("listitem").last
    await expect(last.locator("strong")).to_have_text("bold both")
    await expect(last.locator("strong > em")).to_have_text("both")
    await expect(last).to_contain_text("😀 bold both <i> link")
    await expect(last.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")
    await expect(log(page)).to_contain_text(trap)
    await expect(page.locator("#evil, .log img")).to_have_count(0)
    await expect(page).to_have_title("Docwatch phone")


async def test_unsafe_address_makes_no_link(page: Page, phones: Phones) -> None:
    """Only addresses that are safe to follow become links, whatever an entity says."""
    await page.goto(phones.url)

    made = await page.evaluate(
        """async (addresses) => {
            const { richText } = await import("/assets/richtext.js");
            return addresses.map((url) => {
                const entity = { type: "text_link", offset: 0, length: 4, url };
                return richText("text", [entity]).querySelector("a")?.href ?? null;
            });
        }""",
        ["javascript:alert(1)", "data:text/html,x", "nonsense", "https://example.org/"],
    )

    assert made == [None, None, None, "https://example.org/"]


async def test_catches_up_after_a_restart(page: Page, phones: Phones) -> None:
    """When the server comes back, the page reconnects by itself and shows what it missed meanwhile."""
    olena = await phones.citizen("Олена")
    await open_chat(page, phones, olena)

    port = await phones.stop()
    await expect(page.locator("#status")).to_have_text("reconnecting")
    await phones.start()
    await phones.bot("sendMessage", chat_id=olena, text="sent while the page was away")
    await phones.stop()
    await phones.start(port)

    await expect(page.locator("#status")).to_have_text("live")
    await expect(log(page)).to_contain_text("sent while the page was away")
    await phones.bot("sendMessage", chat_id=olena, text="sent live again")
    await expect(log(page).get_by_role("listitem").last).to_contain_text("sent live again")


async def test_narrow_page_shows_one_pane(page: Page, phones: Phones) -> None:
    """On a narrow screen the list and the chat take turns, and nothing is wider than the screen."""
    olena = await phones.citizen("Олена")
    await phones.bot("sendMessage", chat_id=olena, text="word" * 60)
    await page.set_viewport_size({"width": 360, "height": 640})
    await page.goto(phones.url)

    await people(page).first.click()
    await expect(log(page)).to_contain_text("word")
    await expect(page.get_by_role("navigation", name="Citizens")).to_be_hidden()
    overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    await page.get_by_role("link", name="Back to citizens").click()

    assert overflow <= 0
    await expect(log(page)).to_be_hidden()
    await expect(people(page).first).to_be_visible()


async def test_new_citizen_gets_a_phone(page: Page, phones: Phones) -> None:
    """A citizen added on the page is selected, is in the address, and survives a reload."""
    await page.goto(phones.url)

    await page.get_by_role("button", name="New citizen").click()
    await page.get_by_label("Language of the phone").select_option("en")
    await page.get_by_role("textbox", name="Name").fill("Марія Шевчук")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_focused()
    await page.reload()

    await expect(page).to_have_url(re.compile(r"#/citizen/\d+$"))
    await expect(page.get_by_role("region", name="Phone of Марія Шевчук")).to_be_visible()
    await expect(people(page)).to_have_count(1)


async def test_long_chat_shows_its_end(page: Page, phones: Phones) -> None:
    """A chat of hundreds of messages opens at its end; what came earlier is a press away."""
    olena = await phones.citizen("Олена")
    for number in range(400):
        await phones.bot("sendMessage", chat_id=olena, text=f"message {number}")

    await open_chat(page, phones, olena)
    bubbles = log(page).locator(".message")
    await expect(bubbles).to_have_count(150)
    await expect(bubbles.last).to_be_in_viewport()
    await page.get_by_role("button", name="Show earlier messages").click()

    await expect(bubbles).to_have_count(300)
    await expect(log(page)).to_contain_text("message 101")
