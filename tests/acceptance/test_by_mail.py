"""From a receipt to a letter and to a text, over the whole installation, in a browser without scripts."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from urllib.parse import urljoin

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cli.settings import local_settings
from cli.up.command import Installation, installation
from sandbox.clients.email import email_client
from sandbox.clients.sms import sms_client
from sandbox.clients.telegram import sandbox_client
from tests.acceptance import story
from tests.faults.harness import prepared
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
CARD = "National identity card"
CONFIRM = re.compile(r"https?://[^\s\"'<>\\]+/c/[A-Za-z0-9_-]{22}")
CODE = re.compile(r"([0-9]{6}) – ваш код")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def running() -> AsyncIterator[Installation]:
    """Everything on this machine, with a desk and nobody's documents yet."""
    with pytest.MonkeyPatch.context() as patch, prepared(patch):
        async with installation(local_settings(), None, lambda _: None) as found:
            yield found


@pytest_asyncio.fixture(loop_scope="session")
async def hers(browser: Browser) -> AsyncIterator[Page]:
    """The browser of somebody who reads Ukrainian and runs no script."""
    context = await browser.new_context(java_script_enabled=False, locale="uk-UA")
    yield await context.new_page()
    await context.close()


async def form(desk: Page, hers: Page, running: Installation, holder: str, channel: str) -> None:
    """Register an application, and open the form that its receipt leads to."""
    assert running.addresses.phone is not None
    await desk.goto(running.addresses.phone)
    await story.is_live(desk)
    await story.register(desk, holder, CARD)
    opens = story.receipt(desk).get_by_role("link", name="Open what its code holds")
    await hers.goto(urljoin(running.addresses.phone, await opens.get_attribute("href") or ""))
    await hers.get_by_role("link", name=channel).click()
    await expect(hers.get_by_role("radio")).to_have_count(2)
    await desk.keyboard.press("Escape")


async def came(messages: Callable[[], Awaitable[Sequence[object]]], count: int) -> str:
    """Wait for so many messages; return the last as it is stored."""

    async def there() -> bool:
        return len(await messages()) >= count

    await until(there, within=30)
    return str((await messages())[-1])


async def test_from_the_receipt_to_a_letter(page: Page, hers: Page, running: Installation) -> None:
    """The address is asked whose it is; then a stage is a letter that says only that there is news."""
    await form(page, hers, running, "Ганна С.", "E-mail")
    phones = running.addresses.phone or ""
    async with sandbox_client(phones) as people, email_client(phones) as mail:
        hanna = await people.create_citizen("Ганна")
        await hers.get_by_label("Ваша адреса e-mail").fill(await mail.address(hanna))
        await hers.get_by_role("button").click()
        await expect(hers.get_by_role("heading", level=1)).to_have_text("Перевірте свою пошту")
        (confirm,) = set(CONFIRM.findall(await came(lambda: mail.messages(hanna), 1)))
        await hers.goto(confirm)
        await hers.get_by_role("button").click()
        await expect(hers.get_by_role("heading", level=1)).to_have_text("Готово")
        await came(lambda: mail.messages(hanna), 2)
        await story.stamp(page, "Ганна С.", "Checking the details")
        news = await came(lambda: mail.messages(hanna), 3)

    assert "Новини про ваш документ" in news
    assert "Перевірка даних" not in news


async def test_from_the_receipt_to_a_text(page: Page, hers: Page, running: Installation) -> None:
    """The number is confirmed by its code on the page; a stage is one short text."""
    await form(page, hers, running, "Іван С.", "SMS")
    phones = running.addresses.phone or ""
    async with sandbox_client(phones) as people, sms_client(phones) as sms:
        ivan = await people.create_citizen("Іван")
        await hers.get_by_label("Ваш номер телефону").fill(await sms.number(ivan))
        await hers.get_by_role("button").click()
        (code,) = set(CODE.findall(await came(lambda: sms.messages(ivan), 1)))
        await hers.get_by_label("Шість цифр коду").fill(code)
        await hers.get_by_role("button").click()
        await expect(hers.get_by_role("heading", level=1)).to_have_text("Готово")
        await came(lambda: sms.messages(ivan), 2)
        await story.stamp(page, "Іван С.", "Checking the details")
        news = await came(lambda: sms.messages(ivan), 3)

    assert "Новини про ваш документ" in news
    assert "Перевірка даних" not in news
