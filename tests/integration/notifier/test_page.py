"""The citizens' page over HTTP, without any script: followed, told, answered, changed, left."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from nats.aio.client import Client

from contracts.messages.following import Moment
from runtime.database.postgres import transaction
from runtime.keyring import KeyRing, parse_keys
from services.notifier.recipients import routes
from services.notifier.recipients.addresses import PURPOSE, Recipients
from tests.conftest import Databases
from tests.integration.notifier.page_bench import (
    KEYS,
    PUBLIC,
    TOKEN,
    CitizensPage,
    citizens_page,
    following_one,
    form_of,
)
from tests.waiting import until

OTHER = "Receipt-token_00000002"
OURS = ("page_session", "page_device", "page_message", "page_pass", "push_subscription")


@pytest.fixture
async def page(nats_url: str, nats_client: Client, databases: Databases) -> AsyncIterator[CitizensPage]:
    async with citizens_page(nats_url, nats_client, databases) as found:
        yield found


@pytest.fixture
async def browser(page: CitizensPage) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that follows one document."""
    page.script.document()
    async with page.browser() as found:
        await following_one(found)
        yield found


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Send a form as a browser without scripts does, and follow where it leads."""
    form = form_of(await browser.get("/p"))
    return await browser.post(path, data={"form": form, "once": str(fields), **fields})


async def next_line(stream: AsyncIterator[str]) -> dict[str, str]:
    """Return the next message that a stream brings."""
    # What a process had fetched that lost its lease on a busy machine comes again after half a minute.
    async with asyncio.timeout(60):
        async for text in stream:
            if text.startswith("data: "):
                found: dict[str, str] = json.loads(text.removeprefix("data: "))
                return found
    raise AssertionError("the stream ended")


async def rows(page: CitizensPage) -> dict[str, int]:
    """Return how many rows of the page there are."""
    return {table: await page.pool.fetchval(f"SELECT count(*) FROM {table}") for table in OURS}  # noqa: S608 - ours


async def test_a_receipt_is_followed_on_the_page(page: CitizensPage) -> None:
    """The page of a receipt asks, and the yes leads to a page that shows where the document is."""
    now = datetime.now(UTC)
    one = page.script.document()
    page.script.moments[one.subscription_id] = (
        Moment(stage="accepted", occurred_at=now - timedelta(days=9)),
    )
    async with page.browser() as browser:
        asked = await browser.get(f"/r/web/{TOKEN}")
        before = await rows(page)
        shown = await following_one(browser)

    assert "Shall we write to you when there is news about your document?" in asked.text
    assert "This link works on other devices too." in asked.text
    assert dict.fromkeys(OURS, 0) == before
    assert (200, f"{page.url}/p") == (shown.status_code, str(shown.url))
    for told in (
        "Step 3 of 6",
        "Kyiv, office No. 1",
        "What comes next",
        "№ …4567",
        "Expected date:",
    ):
        assert told in shown.text


async def test_a_code_that_leads_nowhere_is_told_in_the_conversation(page: CitizensPage) -> None:
    """Whoever brings a wrong receipt reads what to check, and nothing says whether there ever was one."""
    async with page.browser() as browser:
        shown = await following_one(browser, "W" * 22)

    assert "We could not find a document by this code." in shown.text
    assert "You follow no document here" in shown.text


async def test_what_is_written_is_answered_on_the_next_page(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """A question and its answer stand on the page that the form leads to."""
    shown = await post(browser, "/p/say", text="when will it be ready?")

    assert str(shown.url).startswith(f"{page.url}/p")
    assert "when will it be ready?" in shown.text
    assert shown.text.index("when will it be ready?") < shown.text.rindex("Expected date")


async def test_the_same_form_counts_once(page: CitizensPage, browser: httpx.AsyncClient) -> None:
    """A form that is sent again, as by a reload, says and changes nothing again."""
    form = form_of(await browser.get("/p"))
    said = {"form": form, "once": "one", "text": "help, please"}
    shown = [await browser.post("/p/say", data=said) for _ in range(2)]

    assert [1, 1] == [one.text.count("help, please") for one in shown]
    assert 1 == await page.pool.fetchval("SELECT count(*) FROM page_message WHERE NOT ours")


async def test_a_stage_comes_into_an_open_page_and_is_seen(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """A stage reaches the open stream, is accepted as put there, and seen once the page shows it."""
    told = await page.tell(stage="arrived")
    accepted = await until(
        lambda: page.pool.fetchrow(
            "SELECT seen_at FROM delivery WHERE id = $1 AND state = 'accepted'", told.notice_id
        )
    )
    async with browser.stream("GET", "/p/events?after=2") as stream:
        line = await next_line(stream.aiter_lines())
    shown = await browser.get("/p")
    seen = await until(
        lambda: page.pool.fetchval("SELECT seen_at FROM delivery WHERE id = $1", told.notice_id)
    )

    assert accepted["seen_at"] is None
    assert "Step 5 of 6" in shown.text
    assert "What you need to do" in shown.text
    assert seen
    assert str(UUID(line["id"])) == line["id"]


async def test_every_process_shows_what_any_process_sends(
    page: CitizensPage, nats_url: str, nats_client: Client, databases: Databases
) -> None:
    """A page that is open at one process gets what another one, which holds the account, puts there."""
    page.script.document()
    async with (
        page.browser() as browser,
        citizens_page(nats_url, nats_client, databases) as second,
    ):
        await following_one(browser)
        second.script.documents, second.script.followers = page.script.documents, page.script.followers
        after = await page.pool.fetchval("SELECT version FROM page_session")
        async with (
            second.browser() as there,
            there.stream("GET", f"/p/events?after={after}", cookies=browser.cookies) as stream,
        ):
            lines = stream.aiter_lines()
            await anext(lines)
            await page.tell(stage="shipped")
            line = await next_line(lines)

    assert "Step 4 of 6" in line["html"]


async def test_settings_are_changed_by_forms(page: CitizensPage, browser: httpx.AsyncClient) -> None:
    """Each setting has its form; what was changed is told above them and holds."""
    (subscription,) = (one.subscription_id for one in page.script.documents.values())
    quiet = await post(browser, "/p/settings", what="quiet", **{"from": "21:30", "until": "07:15"})
    phrase = await post(browser, "/p/settings", what="phrase", value="blue herring")
    name = await post(
        browser, "/p/settings", what="name", subscription=subscription.hex, value="Mum & <i>Dad"
    )
    zone = await post(browser, "/p/settings", what="zone", value="Warsaw")
    language = await post(browser, "/p/settings", what="language", value="ru")
    shown = await browser.get("/p")

    assert "21:30" in quiet.text
    assert 'value="07:15"' in quiet.text
    assert 'value="blue herring"' in phrase.text
    assert "We now call this document" in name.text
    assert 'value="Warsaw"' in zone.text
    assert 'lang="ru"' in language.text
    assert "Mum &amp; &lt;i&gt;Dad" in shown.text
    assert "Ваши документы" in shown.text


async def test_everything_that_is_kept_can_be_downloaded(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """The file with all that is kept is handed over to its owner, and to nobody else."""
    shown = await post(browser, "/p/tap", data="ex")
    (path,) = {part.split('"')[0] for part in shown.text.split('href="') if part.startswith("/p/file/")}
    file = await browser.get(path)
    async with page.browser() as stranger:
        foreign = await stranger.get(path)

    assert "attachment;" in file.headers["content-disposition"]
    assert "Everything that we keep about you" in file.text
    assert "Browsers that show your page: 1" in file.text
    assert "Browsers that are told while the page is closed: 0" in file.text
    assert "What you asked last, for three days" in file.text
    assert 404 == foreign.status_code


async def test_forget_leaves_nothing(page: CitizensPage, browser: httpx.AsyncClient) -> None:
    """Who has everything erased is told so, the browser forgets its cookie, and no row of theirs is left."""
    await post(browser, "/p/say", text="something private")
    gone = await post(browser, "/p/tap", data="f")
    (left,) = gone.history
    after = await browser.get("/p")

    assert f"{page.url}/p/farewell" == str(gone.url)
    assert "Your page is closed" in gone.text
    assert ["docwatch", "docwatch-next"] == [
        given.partition("=")[0] for given in left.headers.get_list("set-cookie") if "Max-Age=0" in given
    ]
    assert "You have a receipt" in after.text
    assert dict.fromkeys(OURS, 0) == await rows(page)
    # The last answer has nowhere to go, and its guest goes with it.
    assert await until(lambda: page.pool.fetchval("SELECT count(*) = 0 FROM address"))


async def test_a_code_brings_the_page_to_another_device_once(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """The code opens the same page in one more browser, once; both are told, and either can end the other."""
    settings = await post(browser, "/p/settings", what="device")
    code = settings.text.partition('<strong class="code">')[2].partition("<")[0]
    async with page.browser() as second, page.browser() as third:
        opened = await second.post("/p/open", data={"code": f" {code[:5].lower()}-{code[5:]} "})
        again = await third.post("/p/open", data={"code": code})
        told = await browser.get("/p")
        await post(second, "/p/settings", what="leave_others")
        ended = await browser.get("/p")
        kept = await second.get("/p")

    assert "Step 3 of 6" in opened.text
    assert (422, True) == (again.status_code, "This code does not work" in again.text)
    assert "Your page was opened in one more browser." in told.text
    assert "You have a receipt" in ended.text
    assert "Step 3 of 6" in kept.text


async def test_leaving_the_last_browser_ends_the_address(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """Whoever takes the page off their only browser cannot be reached there, and nothing of it is kept."""
    left = await post(browser, "/p/settings", what="leave")

    assert "Your page is closed" in left.text
    assert dict.fromkeys(OURS, 0) == await rows(page)
    assert await page.pool.fetchval("SELECT unreachable_since IS NOT NULL FROM address")


async def test_what_was_known_is_shown_while_the_tracker_is_away(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """A page that cannot ask says so and shows what it knew, with its time; the conversation stays."""
    page.script.away = True
    shown = await browser.get("/p")
    sealed = await page.pool.fetchval("SELECT facts FROM page_session")
    async with page.browser() as other:
        page.script.away = False
        await following_one(other, "W" * 22)

    assert "We cannot ask where your documents are now. This is how it was on" in shown.text
    assert "Step 3 of 6" in shown.text
    assert b"printing" not in sealed


async def test_a_link_of_a_messenger_joins_the_page_to_its_person(page: CitizensPage) -> None:
    """Whoever brings a link made in a messenger is asked, and is that person from the yes on."""
    ring, secret = KeyRing(parse_keys(KEYS), PURPOSE), "j-" + "S" * 22
    telegram, now = Recipients("telegram", ring), datetime.now(UTC)
    one = page.script.document()
    async with transaction(page.pool) as connection:
        place = await telegram.put(connection, None, "4711", now)
        await telegram.consent(connection, place.recipient_id, now, 1, "en")
        await routes.invite(connection, place.recipient_id, [secret], at=place.address_id)
    page.script.followers[place.recipient_id] = [one.subscription_id]
    async with page.browser() as browser:
        first = await browser.get(f"/r/web/{secret}")
        asked = await browser.post(f"/r/web/{secret}", data={"once": "go", "lang": "en"})
        shown = await post(browser, "/p/tap", data=f"jy:{secret}:en")

    assert "one more way to write to you" in first.text
    assert "The link works on one device only" in first.text
    assert "Are you the one who made this link?" in asked.text
    assert "You follow no document here" in asked.text
    assert "Step 3 of 6" in shown.text
    accounts = await page.pool.fetch(
        "SELECT channel FROM address WHERE recipient_id = $1", place.recipient_id
    )
    assert {"telegram", "web"} == {row["channel"] for row in accounts}


async def test_a_link_for_another_browser_comes_by_another_way(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """Whoever has a second way sends themselves a link there; it opens the page once, after a press."""
    ring, now = KeyRing(parse_keys(KEYS), PURPOSE), datetime.now(UTC)
    telegram, other = Recipients("telegram", ring), uuid4()
    async with transaction(page.pool) as connection:
        place = await telegram.put(connection, None, "4711", now)
        person = await connection.fetchval("SELECT recipient_id FROM address WHERE channel = 'web'")
        await connection.execute(
            "UPDATE address SET recipient_id = $1 WHERE id = $2", person, place.address_id
        )

    foreign = await post(browser, "/p/settings", what="send", value=other.hex)
    sent = await post(browser, "/p/settings", what="send", value=place.address_id.hex)
    row = await page.pool.fetchrow("SELECT id, payload FROM delivery WHERE address_id = $1", place.address_id)
    assert row is not None
    ((link,),) = telegram.answers.open(row["id"], row["payload"]).buttons
    path = str(link.url).removeprefix(PUBLIC)
    async with page.browser() as second, page.browser() as third:
        looked = await second.get(path)
        code = looked.text.partition('id="code"')[2].partition('value="')[2].partition('"')[0]
        opened = await second.post("/p/open", data={"code": code})
        again = await third.post("/p/open", data={"code": code})

    assert "No link was sent: we cannot write there now." in foreign.text
    assert "The link is on its way" in sent.text
    assert "docwatch" not in looked.cookies
    assert "Step 3 of 6" in opened.text
    assert 422 == again.status_code
