"""A citizen books, moves and gives back in a real browser over the whole installation, the desk included."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from cli.settings import local_settings
from cli.up.command import Installation, installation
from tests.acceptance import story
from tests.acceptance.test_story import CARD, WIDE
from tests.faults.harness import prepared

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
OFFICE = "vinnytsia"
NAME = "Iryna"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def running() -> AsyncIterator[Installation]:
    """Everything on this machine."""
    with pytest.MonkeyPatch.context() as patch, prepared(patch):
        async with installation(local_settings(), None, lambda _: None) as found:
            yield found


@pytest_asyncio.fixture(loop_scope="session")
async def stage(page: Page, running: Installation) -> Page:
    """The page of that installation, wide."""
    assert running.addresses.phone is not None
    await page.set_viewport_size(WIDE)
    await page.goto(running.addresses.phone)
    await story.is_live(page)
    return page


async def taps(page: Page, label: str, then: str) -> None:
    """Tap the newest button whose label begins so, and wait for what is said then."""
    button = story.log(page, NAME).get_by_role("button", name=label).last
    await button.click()
    await expect(story.log(page, NAME)).to_contain_text(then)


async def picks(page: Page, place: int, asked: str) -> None:
    """Choose one of the days that are offered, then one of its times."""
    await story.log(page, NAME).get_by_role("button", name=re.compile("free$")).nth(place).click()
    await story.log(page, NAME).get_by_role("button", name=re.compile(r"^\d\d:\d\d$")).nth(place).click()
    await expect(story.log(page, NAME)).to_contain_text(asked)


async def test_a_citizen_books_moves_and_gives_back(stage: Page) -> None:
    """From "it is ready" to a time, another time and none, by taps alone."""
    await story.welcome_citizen(stage, NAME, "en")
    await story.office(stage).locator("#office-place").select_option(OFFICE)
    await story.register(stage, "Iryna B.", CARD)
    await story.hold_phone_over(stage, NAME)
    await story.say_yes(stage, NAME)
    for step in ("Checking the details", "Being made", "On its way", "Ready to collect"):
        await story.stamp(stage, "Iryna B.", step)

    await taps(stage, "Choose a time", "On which day do you want to come?")
    await picks(stage, -1, "Shall we book this time for you?")
    await taps(stage, "Yes, book it", "Booked. You have an appointment:")
    await taps(stage, "Another time", "You have an appointment:")
    await picks(stage, 0, "Your time before is given back")
    await taps(stage, "Yes, book it", "Moved. Your appointment is now:")
    await taps(stage, "Give it back", "Given back.")
