"""Whoever once had a citizen's page in a browser of theirs, and is to see nothing of it any more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from nats.aio.client import Client

from runtime.database.postgres import transaction
from runtime.keyring import KeyRing, parse_keys
from services.notifier.page.sending import LINKS_A_DAY
from services.notifier.recipients.addresses import PURPOSE, Recipients
from tests.conftest import Databases
from tests.integration.notifier.page_bench import (
    KEYS,
    CitizensPage,
    citizens_page,
    following_one,
    form_of,
)


@pytest.fixture
async def page(nats_url: str, nats_client: Client, databases: Databases) -> AsyncIterator[CitizensPage]:
    async with citizens_page(nats_url, nats_client, databases) as found:
        found.script.document()
        yield found


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Send a form of the page that a browser shows."""
    form = form_of(await browser.get("/p"))
    return await browser.post(path, data={"form": form, "once": str(fields), **fields})


def code_in(settings: httpx.Response) -> str:
    """Return the code for another device that the settings show, empty where they show none."""
    return settings.text.partition('<strong class="code">')[2].partition("<")[0]


async def test_a_guests_page_is_brought_to_nobody(page: CitizensPage) -> None:
    """A page of nobody's gives out no code: whoever began it could wait in it for its next owner."""
    async with page.browser() as attacker:
        await attacker.post("/p/say", data={"text": "hello"})
        await post(attacker, "/p/settings", what="device")

    assert 0 == await page.pool.fetchval("SELECT count(*) FROM page_pass")


async def test_a_code_given_before_it_was_taken_off_the_others_opens_nothing(page: CitizensPage) -> None:
    """Who takes the page off all other browsers takes it from codes that are still under way, too."""
    async with page.browser() as owner, page.browser() as other, page.browser() as third:
        await following_one(owner)
        await other.post("/p/open", data={"code": code_in(await post(owner, "/p/settings", what="device"))})
        code = code_in(await post(other, "/p/settings", what="device"))
        await post(owner, "/p/settings", what="leave_others")
        opened = await third.post("/p/open", data={"code": code})

    assert 10 == len(code)
    assert 422 == opened.status_code
    assert "Step 3 of 6" not in opened.text


@pytest.mark.parametrize("what", ["leave_others", "leave"])
async def test_the_stream_of_a_browser_ends_with_its_cookie(page: CitizensPage, what: str) -> None:
    """A browser from which the page was taken off hears nothing more, though its stream was open before."""
    async with page.browser() as owner, page.browser() as other:
        await following_one(owner)
        await other.post("/p/open", data={"code": code_in(await post(owner, "/p/settings", what="device"))})
        after = await page.pool.fetchval("SELECT version FROM page_session")
        async with other.stream("GET", f"/p/events?after={after}") as stream, asyncio.timeout(20):
            lines = stream.aiter_lines()
            await anext(lines)
            if what == "leave":
                async with page.browser() as same:
                    same.cookies = httpx.Cookies(other.cookies)
                    await post(same, "/p/settings", what=what)
            else:
                await post(owner, "/p/settings", what=what)
            await page.tell(stage="shipped")
            heard = [line async for line in lines if line.startswith(("data:", "event:"))]

    assert ["event: over", "data: {}"] == heard


async def test_links_to_oneself_are_few(page: CitizensPage) -> None:
    """Nobody has more than some links to their page sent in a day: by some ways each costs money."""
    telegram = Recipients("telegram", KeyRing(parse_keys(KEYS), PURPOSE))
    async with page.browser() as browser:
        await following_one(browser)
        async with transaction(page.pool) as connection:
            place = await telegram.put(connection, None, "4711", datetime.now(UTC))
            person = await connection.fetchval("SELECT recipient_id FROM address WHERE channel = 'web'")
            await connection.execute(
                "UPDATE address SET recipient_id = $1 WHERE id = $2", person, place.address_id
            )
        asked = [
            await post(browser, "/p/settings", what="send", value=place.address_id.hex)
            for _ in range(LINKS_A_DAY + 2)
        ]

    sent = ["The link is on its way" in answer.text for answer in asked]
    refused = ["No link was sent: you have had 5 today" in answer.text for answer in asked]
    assert [True] * LINKS_A_DAY + [False] * 2 == sent
    assert [not one for one in sent] == refused
    assert LINKS_A_DAY == await page.pool.fetchval(
        "SELECT count(*) FROM delivery WHERE address_id = $1", place.address_id
    )
