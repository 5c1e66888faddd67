"""The story with people over the whole installation: a citizen asks, waits, is answered, and rates."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect
from pyotp import TOTP

from cli.settings import base_url, local_settings
from cli.up.command import Installation, installation
from cli.up.simulated_staff import NAME, have_staff_answer
from tests.acceptance import story
from tests.faults.harness import prepared

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]
WIDE = ViewportSize(width=1440, height=900)
PATIENCE_MS = 25_000


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def running() -> AsyncIterator[Installation]:
    """Everything on this machine, with nobody's documents yet and nobody at the desk but who a test sends."""
    with pytest.MonkeyPatch.context() as patch, prepared(patch):
        async with installation(local_settings(), None, lambda _: None) as found:
            yield found


@pytest_asyncio.fixture(loop_scope="session")
async def stage(page: Page, running: Installation) -> Page:
    """The page of the phones, wide."""
    assert running.addresses.phone is not None
    await page.set_viewport_size(WIDE)
    await page.goto(running.addresses.phone)
    await story.is_live(page)
    return page


async def ask(stage: Page, name: str, question: str) -> None:
    """Let somebody who is new ask for a person, about nothing that they follow."""
    await story.welcome_citizen(stage, name, "en")
    await story.phone(stage, name).get_by_role("button", name="Start").click()
    await expect(story.log(stage, name).locator(".from-bot").last).to_be_visible()
    await say(stage, name, "a person, please")
    await story.phone(stage, name).get_by_role("button", name="Something else").click()
    await expect(story.log(stage, name)).to_contain_text("in one sentence", timeout=PATIENCE_MS)
    await say(stage, name, question)
    await expect(story.log(stage, name)).to_contain_text("Your question is kept", timeout=PATIENCE_MS)


async def say(stage: Page, name: str, text: str) -> None:
    """Type something on somebody's phone."""
    box = story.phone(stage, name).get_by_role("textbox", name="Message")
    await box.fill(text)
    await box.press("Enter")


async def test_a_citizen_asks_is_answered_and_rates(
    stage: Page, running: Installation, browser: Browser
) -> None:
    """The question comes up at the desk, the answer on the phone, and the citizen rates it by one tap."""
    staff = running.staff
    assert staff is not None
    context = await browser.new_context(viewport=WIDE, locale="en-GB", reduced_motion="reduce")
    desk = await context.new_page()
    desk.set_default_timeout(PATIENCE_MS)
    await desk.goto(f"{staff.url}/sign-in")
    await desk.get_by_label("Login").fill(staff.login)
    await desk.locator('input[name="password"]').fill(staff.password)
    await desk.locator("form").get_by_role("button").last.click()
    await desk.wait_for_url("**/second")
    soon = datetime.now(UTC) + timedelta(seconds=30)
    await desk.locator('input[name="code"]').fill(TOTP(staff.key).at(soon))
    await desk.locator("form").get_by_role("button").last.click()
    await desk.wait_for_url(lambda url: not url.partition("?")[0].endswith("/second"))
    await desk.goto(f"{staff.url}/conversations")

    await ask(stage, "Lucas", "May my wife collect it?")
    await expect(desk.locator("#lists a.waits")).to_be_visible(timeout=PATIENCE_MS)
    await desk.get_by_role("button", name="Take the next one").click()
    await expect(desk.get_by_role("log")).to_contain_text("May my wife collect it?")
    await desk.get_by_label("Answer to the citizen").fill("Yes, with a power of attorney.")
    await desk.get_by_role("button", name="Send to the citizen").click()
    await expect(story.log(stage, "Lucas")).to_contain_text("with a power of attorney", timeout=PATIENCE_MS)
    await expect(desk.get_by_role("log")).to_contain_text("has reached the citizen", timeout=PATIENCE_MS)
    await desk.get_by_role("button", name="Close", exact=True).click()
    await story.phone(stage, "Lucas").get_by_role("button", name="Yes, I am").click(timeout=PATIENCE_MS)
    await expect(story.log(stage, "Lucas")).to_contain_text("Thank you!", timeout=PATIENCE_MS)
    await desk.goto(f"{staff.url}/wall")
    await expect(desk.locator("#wall")).to_contain_text("Promise kept")
    await context.close()


async def test_simulated_colleagues_answer(stage: Page, running: Installation) -> None:
    """Beside simulated messengers somebody answers who asks, without anybody at the desk."""
    settings = local_settings()
    here = base_url(settings.host, settings.desk_port)
    supervisor = running.supervisor
    await have_staff_answer(settings.folder, running.servers.databases["desk"], here, supervisor)

    await ask(stage, "Nadia", "Xyzzy plugh?")

    assert NAME in supervisor.programs
    await expect(story.log(stage, "Nadia")).to_contain_text("We will find out at the office", timeout=120_000)
