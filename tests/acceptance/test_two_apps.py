"""The phone page with Telegram and Viber on each phone, seen in a real browser."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Locator, Page, expect

from sandbox.settings import VIBER_TOKEN
from tests.acceptance.conftest import Json, Phones

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
SENDER = {"name": "Docwatch"}
LINK = "viber://pa?chatURI=docwatchsandbox&context=tok_en-1"
RECEIPT = {
    "receipt_id": "r-1",
    "document": "ID card",
    "holder": "Олена",
    "code": "ABCD-EFGH-JKMN-P",
    "link": "https://t.me/docwatch_sandbox_bot?start=tok_en-1",
    "links": {"telegram": "https://t.me/docwatch_sandbox_bot?start=tok_en-1", "viber": LINK},
}


def keyboard(*labels: str) -> Json:
    return {"Type": "keyboard", "Buttons": [{"ActionBody": label, "Text": label} for label in labels]}


@dataclass
class ViberBot:
    """The bot's side of Viber: what it sends, and what came to its webhook."""

    phones: Phones
    got: list[Json] = field(default_factory=list)
    welcome: Json | None = None

    async def call(self, method: str, **body: Any) -> Json:  # noqa: ANN401  # any JSON value
        """Call the REST API; return the answer."""
        headers = {"X-Viber-Auth-Token": VIBER_TOKEN}
        path = f"{self.phones.url}/viber/pa/{method}"
        async with self.phones.client.post(path, json=body, headers=headers) as response:
            answer: Json = await response.json()
        assert answer["status"] == 0, answer
        return answer

    async def text(self, citizen: int, text: str, **more: object) -> Json:
        """Send a text to a citizen."""
        path = f"{self.phones.url}/phone/api/viber/citizens/{citizen}"
        async with self.phones.client.get(path) as response:
            receiver = (await response.json())["user_id"]
        return await self.call(
            "send_message", receiver=receiver, type="text", text=text, sender=SENDER, **more
        )

    async def handle(self, request: web.Request) -> web.Response:
        """Keep what came."""
        body = await request.json()
        self.got.append(body)
        welcomed = self.welcome is not None and body["event"] == "conversation_started"
        return web.Response(text=json.dumps(self.welcome) if welcomed else "")

    def events(self, name: str) -> list[Json]:
        """Return what came of an event."""
        return [body for body in self.got if body["event"] == name]


@pytest_asyncio.fixture(loop_scope="session")
async def viber(phones: Phones) -> AsyncIterator[ViberBot]:
    """A bot that has set its webhook."""
    bot = ViberBot(phones)
    app = web.Application()
    app.add_routes([web.post("/hook", bot.handle)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await bot.call("set_webhook", url=f"http://127.0.0.1:{runner.addresses[0][1]}/hook", send_name=True)
    yield bot
    await runner.cleanup()


def log(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages")


def app(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Apps").get_by_role("button", name=name)


async def test_an_app_without_a_bot_is_not_offered(page: Page, phones: Phones) -> None:
    """Until a bot of Viber is there, no phone offers its app."""
    olena = await phones.citizen("Олена")
    await page.goto(f"{phones.url}/#/citizen/{olena}")
    await expect(log(page)).to_contain_text("/start")
    await expect(page.get_by_role("group", name="Apps").get_by_role("button", name="Viber")).to_have_count(0)


async def test_a_receipt_is_scanned_in_the_open_app(page: Page, phones: Phones, viber: ViberBot) -> None:
    """In Viber the receipt's other link is opened; the welcome message's keyboard answers under the chat."""
    olena = await phones.citizen("Олена", started=False)
    await phones.post("/receipts", RECEIPT)
    viber.welcome = {"type": "text", "text": "Стежити?", "sender": SENDER, "keyboard": keyboard("Так", "Ні")}
    await page.goto(f"{phones.url}/#/citizen/{olena}")

    await app(page, "Viber").click()
    await page.get_by_role("button", name="Chat menu").click()
    await page.get_by_role("menuitem", name="Scan a receipt").click()
    await page.get_by_role("dialog", name="Scan a receipt").get_by_role("button", name="ID card").click()
    await expect(log(page)).to_contain_text("Стежити?")
    await page.get_by_role("group", name="Keyboard of the bot").get_by_role("button", name="Так").click()

    await expect(log(page).get_by_role("listitem").last).to_contain_text("You: Так")
    (started,) = viber.events("conversation_started")
    (message,) = viber.events("message")
    assert ("tok_en-1", "Так") == (started["context"], message["message"]["text"])
    await expect(app(page, "Viber")).to_have_attribute("aria-pressed", "true")
    await app(page, "Telegram").click()
    await expect(log(page)).not_to_contain_text("Стежити?")


async def test_notices_stay_in_their_app(page: Page, phones: Phones, viber: ViberBot) -> None:
    """What comes in the app that is not open is announced and counted there, and read once it is opened."""
    olena = await phones.citizen("Олена")
    await phones.post(f"/viber/citizens/{olena}/messages", {"text": "hello"})
    await page.goto(f"{phones.url}/#/citizen/{olena}")
    await expect(log(page)).to_contain_text("/start")

    await viber.text(olena, "Ваш документ готовий")
    await expect(app(page, "Viber 1 unread")).to_be_visible()
    await expect(page.locator(".phone .toast")).to_have_text("Viber: Ваш документ готовий")
    await expect(log(page)).not_to_contain_text("готовий")
    await expect(page.get_by_role("list", name="Citizens").get_by_role("listitem")).to_contain_text("готовий")
    await app(page, "Viber").click()

    await expect(log(page)).to_contain_text("Ваш документ готовий")
    await expect(page.get_by_role("button", name="Viber", exact=True)).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("Дякую")
    await page.keyboard.press("Enter")
    await expect(log(page).get_by_role("listitem").last).to_contain_text("Дякую")
    assert 1 == len(viber.events("seen"))
    assert ["hello", "Дякую"] == [body["message"]["text"] for body in viber.events("message")]


async def test_blocking_in_one_app_leaves_the_other(page: Page, phones: Phones, viber: ViberBot) -> None:
    """A citizen turns Viber off and Telegram stays; unblocking subscribes again."""
    olena = await phones.citizen("Олена")
    await phones.post(f"/viber/citizens/{olena}/messages", {"text": "hello"})
    await page.goto(f"{phones.url}/#/citizen/{olena}")
    await app(page, "Viber").press("Enter")

    await page.get_by_role("button", name="Chat menu").click()
    await page.get_by_role("menuitem", name="Block the bot").click()
    await expect(page.get_by_role("button", name="Unblock the bot")).to_be_visible()
    await app(page, "Telegram").click()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    await phones.bot("sendMessage", chat_id=olena, text="by the other way")
    await expect(log(page)).to_contain_text("by the other way")
    await app(page, "Viber").click()
    await page.get_by_role("button", name="Unblock the bot").click()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()

    assert (1, 1) == (len(viber.events("unsubscribed")), len(viber.events("subscribed")))


async def test_pictures_and_starting(page: Page, phones: Phones, viber: ViberBot) -> None:
    """Start begins a conversation without a context; a picture is shown and its address can be fetched."""
    olena = await phones.citizen("Олена", started=False)
    await page.goto(f"{phones.url}/#/citizen/{olena}")
    await app(page, "Viber").click()
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()

    png = await page.locator(".phone").screenshot()
    picture = {"name": "p.png", "mimeType": "image/png", "buffer": png}
    await page.locator('.phone input[type="file"]').set_input_files(picture)  # type: ignore[arg-type]  # a payload
    shown = log(page).get_by_role("img", name="Photo")
    await expect(shown).to_be_visible()

    assert await shown.evaluate("async (image) => { await image.decode(); return image.naturalWidth > 0; }")
    (message,) = viber.events("message")
    async with phones.client.get(message["message"]["media"]) as response:
        assert (200, "image/jpeg") == (response.status, response.content_type)
    assert "context" not in viber.events("conversation_started")[0]


async def test_no_barriers_with_two_apps(page: Page, phones: Phones, viber: ViberBot) -> None:
    """Axe finds nothing on a phone with Viber open, its keyboard shown, light and dark, wide and narrow."""
    olena = await phones.citizen("Олена")
    await phones.post(f"/viber/citizens/{olena}/messages", {"text": "hello"})
    await viber.text(olena, "Стежити?", keyboard=keyboard("Так", "Ні"))
    await page.goto(f"{phones.url}/#/citizen/{olena}")
    await app(page, "Viber").click()
    await expect(page.get_by_role("group", name="Keyboard of the bot")).to_be_visible()

    found = []
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 740})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            found += [(width, scheme, one["id"]) for one in (await Axe().run(page)).response["violations"]]
        overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0

    assert [] == found
