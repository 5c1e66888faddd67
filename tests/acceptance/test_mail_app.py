"""The phone's app for mail, seen in a real browser."""

from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Page, expect

from sandbox.clients.email import EmailClient
from services.notifier.channels.email.channel import EmailChannel
from services.notifier.channels.email.connections import Connections
from services.notifier.channels.email.server import Server
from services.notifier.domain.messages import Button, Message
from services.notifier.domain.results import Accepted
from services.notifier.wording.markup import bold, literal
from tests.acceptance.conftest import Phones
from tests.integration.notifier.email_bench import stationery
from tests.integration.notifier.world import CLOCK

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
LETTER = Message(
    (*bold("Паспорт"), *literal("\nГотовий до видачі <script>alert(1)</script>")),
    ((Button("Мапа", url="https://m.example/7"),),),
    subject="Паспорт: готовий до видачі",
    language="uk",
)


async def test_a_letter_comes_and_is_read(phones: Phones, page: Page) -> None:
    """The app appears with the first letter, shows it, cannot answer it, and opens it as it looks."""
    citizen = await phones.citizen("Олена")
    mail = EmailClient(phones.url, phones.client)
    connections = Connections(Server("127.0.0.1", await mail.port(), "none"), CLOCK, most=1)
    await page.goto(f"{phones.url}/#/citizen/{citizen}")
    phone = page.get_by_role("region", name="Phone of Олена")
    await expect(phone).to_be_visible()
    await expect(phone.get_by_role("button", name="E-mail")).to_be_hidden()

    async with EmailChannel.open(
        connections, stationery(), CLOCK, public_url="https://d.example", domain_rate=100.0
    ) as channel:
        sent = await channel.send(await mail.address(citizen), LETTER, uuid4())
    await phone.get_by_role("button", name="E-mail").click()
    log = phone.get_by_role("log", name="Messages")
    await expect(log.get_by_text("Паспорт: готовий до видачі")).to_be_visible()
    await expect(phone.get_by_label("Message", exact=True)).to_be_hidden()
    found = await Axe().run(page)
    address = await log.get_by_role("link", name="The letter as it looks").get_attribute("href")
    async with phones.client.get(f"{phones.url}{address}") as response:
        guard, letter = response.headers["Content-Security-Policy"], await response.text()
    # The letter's own page runs nothing, not even what looks at it here.
    await page.set_content(letter)
    looked = await Axe().run(page)

    assert isinstance(sent, Accepted)
    assert "sandbox" in guard
    assert [] == [one["id"] for one in found.response["violations"]]
    assert [] == [one["id"] for one in looked.response["violations"]]
    await expect(page.get_by_text("Готовий до видачі <script>alert(1)</script>")).to_be_visible()
    await expect(page.get_by_role("link", name="Мапа")).to_have_attribute("href", "https://m.example/7")
    assert "uk" == await page.locator("html").get_attribute("lang")
