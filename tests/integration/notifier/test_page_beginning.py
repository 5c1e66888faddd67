"""The form that begins a page, whose answer is lost: one session, which its browser has."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from nats.aio.client import Client

from tests.conftest import Databases
from tests.integration.notifier.page_bench import TOKEN, CitizensPage, citizens_page, following_one, form_of

PATH = f"/r/web/{TOKEN}"


@pytest.fixture
async def page(nats_url: str, nats_client: Client, databases: Databases) -> AsyncIterator[CitizensPage]:
    async with citizens_page(nats_url, nats_client, databases) as found:
        found.script.document()
        yield found


def same(page: CitizensPage, browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same browser, of which the answers get lost."""
    other = page.browser()
    other.cookies = httpx.Cookies(browser.cookies)
    return other


async def yes(browser: httpx.AsyncClient, form: str) -> httpx.Response:
    return await browser.post(PATH, data={"form": form, "once": "one", "lang": "en"})


async def sessions(page: CitizensPage) -> tuple[int, int, int]:
    """Sessions, browsers that show them, and people."""
    tables = ("page_session", "page_device", "recipient")
    first, second, third = [await page.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608 - ours
    return first, second, third


@pytest.mark.parametrize("guest", [False, True], ids=["a stranger", "a guest"])
async def test_a_form_whose_answer_was_lost_is_posted_again(page: CitizensPage, *, guest: bool) -> None:
    """It leads to the session that it began, with the document in it; nothing is left beside that one."""
    async with page.browser() as browser:
        if guest:
            await browser.post("/p/say", data={"form": form_of(await browser.get("/p")), "text": "hello"})
        form = form_of(await browser.get(PATH))
        async with same(page, browser) as lost:
            await yes(lost, form)
        again = await yes(browser, form)
        later = await browser.get("/p")

    assert ["Step 3 of 6" in one.text for one in (again, later)] == [True, True]
    assert (1, 1, 1) == await sessions(page)
    assert 1 == len(page.script.followers)


@pytest.mark.parametrize("guest", [False, True], ids=["a stranger", "a guest"])
async def test_a_page_whose_beginning_was_lost_is_there_when_it_is_opened(
    page: CitizensPage, *, guest: bool
) -> None:
    """Whoever opens the page anew, in place of the form, finds it, and has its cookie from then on."""
    async with page.browser() as browser:
        if guest:
            await browser.post("/p/say", data={"form": form_of(await browser.get("/p")), "text": "hello"})
        form = form_of(await browser.get(PATH))
        async with same(page, browser) as lost:
            await yes(lost, form)
        found = await browser.get("/p")
        kept = dict(browser.cookies)
        once_more = await browser.get("/p")

    assert ["Step 3 of 6" in one.text for one in (found, once_more)] == [True, True]
    assert {"docwatch"} == set(kept)
    assert (1, 1, 1) == await sessions(page)


async def test_two_clicks_at_once_begin_one_session(page: CitizensPage) -> None:
    """Whichever answer the browser takes, its cookie opens the one session that there is."""
    async with page.browser() as browser:
        form = form_of(await browser.get(PATH))
        async with same(page, browser) as one, same(page, browser) as two:
            await asyncio.gather(yes(one, form), yes(two, form))
            shown = [await each.get("/p") for each in (one, two)]

    assert ["Step 3 of 6" in each.text for each in shown] == [True, True]
    assert (1, 1, 1) == await sessions(page)


async def test_a_code_of_another_device_is_posted_again(page: CitizensPage) -> None:
    """A code works once, and the form that used it up leads on when it is posted again."""
    async with page.browser() as owner, page.browser() as browser:
        await following_one(owner)
        form = form_of(await owner.get("/p/settings"))
        settings = await owner.post("/p/settings", data={"form": form, "what": "device"})
        code = settings.text.partition('<strong class="code">')[2].partition("<")[0]
        fields = {"form": form_of(await browser.get("/p/open")), "code": code}
        async with same(page, browser) as lost:
            await lost.post("/p/open", data=fields)
        again = await browser.post("/p/open", data=fields)
        async with page.browser() as other:
            late = await other.post("/p/open", data=fields)

    assert "Step 3 of 6" in again.text
    assert 422 == late.status_code
    assert (1, 2, 1) == await sessions(page)


async def test_who_looked_before_the_owner_sees_nothing(page: CitizensPage) -> None:
    """What a form begins with is new with each look: whoever noted it in that browser before has nothing."""
    async with page.browser() as browser:
        await browser.get(PATH)
        async with same(page, browser) as attacker:
            await following_one(browser)
            seen = await attacker.get("/p")

    assert "You have a receipt" in seen.text


async def test_a_cookie_that_came_with_another_form_begins_nothing(page: CitizensPage) -> None:
    """A cookie put in place of the one that came with the form is not taken: the form proves which."""
    planted = "A" * 43
    async with page.browser() as browser, page.browser() as attacker:
        form = form_of(await browser.get(PATH))
        browser.cookies.delete("docwatch-next")
        browser.cookies.set("docwatch-next", planted)
        shown = await yes(browser, form)
        attacker.cookies.set("docwatch", planted)
        seen = await attacker.get("/p")

    assert "Step 3 of 6" in shown.text
    assert "You have a receipt" in seen.text
