"""The menu as cards on the page: everything that the service does, for strangers and for who follows."""

import re
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from nats.aio.client import Client

from tests.conftest import Databases
from tests.integration.notifier.page_bench import CitizensPage, citizens_page, following_one, form_of

CARD = re.compile(r'<(?:button|a) class="card"[^>]*>([^<]+)<')
DATA = re.compile(r'class="card" name="data" value="([^"]+)"')


@pytest.fixture
async def page(nats_url: str, nats_client: Client, databases: Databases) -> AsyncIterator[CitizensPage]:
    async with citizens_page(nats_url, nats_client, databases) as found:
        yield found


def cards(shown: httpx.Response) -> Sequence[str]:
    """What the cards are called."""
    return CARD.findall(shown.text)


async def tap(browser: httpx.AsyncClient, shown: httpx.Response, data: str) -> httpx.Response:
    """Send a card's form as a browser without scripts does."""
    return await browser.post("/p/tap", data={"form": form_of(shown), "once": data, "data": data})


async def test_each_card_answers_a_stranger(page: CitizensPage) -> None:
    """Whoever follows nothing asks, consults and finds the offices by one tap, each in a new browser."""
    answers = {
        "pp:h": "scan the code on your receipt",
        "as": "Just write your question here",
        "pp": "Which document do you want to apply for?",
        "o": "Lviv, office",
    }
    async with page.browser() as browser:
        shown = await browser.get("/p")
    found = {}
    for data, told in answers.items():
        async with page.browser() as browser:
            found[data] = told in (await tap(browser, await browser.get("/p"), data)).text

    assert list(answers) == DATA.findall(shown.text)
    assert ["Follow a document", "Ask a question", "What papers do I need?", "Offices and their hours"] == [
        *cards(shown)
    ]
    assert dict.fromkeys(answers, True) == found


async def test_who_follows_has_the_settings_among_them(page: CitizensPage) -> None:
    """The same cards stand below one's documents, with the settings."""
    page.script.document()
    async with page.browser() as browser:
        shown = await following_one(browser)
        asked = await tap(browser, shown, "pp")

    assert [*cards(shown)][-1] == "Settings"
    assert 5 == len(cards(shown))
    assert "Which document do you want to apply for?" in asked.text


async def test_no_other_button_begins_a_session(page: CitizensPage) -> None:
    """A stranger's tap of what is no card leads to the page, and leaves nothing behind."""
    async with page.browser() as browser:
        shown = await browser.get("/p")
        answered = await tap(browser, shown, "fa")

    assert f"{page.url}/p" == str(answered.url)
    assert 0 == await page.pool.fetchval("SELECT count(*) FROM page_session")
