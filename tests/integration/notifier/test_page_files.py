"""Photos and documents sent from the citizens' page by a form, without any script."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from nats.aio.client import Client

from contracts.messages.desk import talk
from contracts.messages.desk.talk import TALK, Said, file_context
from runtime.keyring import KeyRing, Sealed, parse_keys
from tests.conftest import Databases
from tests.integration.notifier.page_bench import CitizensPage, citizens_page, following_one, form_of
from tests.pictures import PDF, PLACE, photo
from tests.waiting import until

TALK_KEYS = f"c1:{'cd' * 32}"
HOSTILE = '../../etc/passwd"\r\nX-Evil: 1\r\n<script>.jpg'


@pytest.fixture
async def page(nats_url: str, nats_client: Client, databases: Databases) -> AsyncIterator[CitizensPage]:
    async with citizens_page(nats_url, nats_client, databases, conversation_keys=TALK_KEYS) as found:
        yield found


@pytest.fixture
async def browser(page: CitizensPage) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that follows one document."""
    page.script.document()
    async with page.browser() as found:
        await following_one(found)
        yield found


async def say(browser: httpx.AsyncClient, text: str) -> httpx.Response:
    """Write something, as a browser without scripts does."""
    form = form_of(await browser.get("/p"))
    return await browser.post("/p/say", data={"form": form, "once": text, "text": text})


async def tap(browser: httpx.AsyncClient, shown: str) -> httpx.Response:
    """Tap the last button that says this."""
    page = (await browser.get("/p")).text
    found = re.findall(rf'<button name="data" value="([^"]*)">{shown}</button>', page)
    return await browser.post("/p/tap", data={"form": form_of(await browser.get("/p")), "data": found[-1]})


async def ask(browser: httpx.AsyncClient) -> None:
    """Ask people a question."""
    await say(browser, "/person")
    await tap(browser, "Something else")
    assert "Your question is kept" in (await say(browser, "Is my photo good enough?")).text


async def send(
    browser: httpx.AsyncClient, data: bytes, once: str = "1", name: str = "photo.jpg"
) -> httpx.Response:
    """Send a file by the form."""
    form = form_of(await browser.get("/p/send"))
    files = {"file": (name, data, "application/octet-stream")}
    return await browser.post("/p/send", data={"form": form, "once": once}, files=files)


async def told(page: CitizensPage) -> list[Said]:
    """The files of which the desk was told, from the stream."""
    stream = page.client.jetstream()
    last = (await stream.stream_info("TALKS")).state.last_seq
    messages = [await stream.get_msg("TALKS", number) for number in range(1, last + 1)]
    found = [TALK.validate_json(one.data or b"") for one in messages]
    return [one for one in found if isinstance(one, Said) and one.file is not None]


async def test_a_photo_goes_from_the_page_to_people(page: CitizensPage, browser: httpx.AsyncClient) -> None:
    """The form needs no script; the photo stands on the page, is confirmed, and goes on sealed."""
    await ask(browser)
    form = await browser.get("/p/send")

    shown = await send(browser, photo(), name=HOSTILE)

    assert 'accept="image/jpeg,image/png,image/webp,application/pdf"' in form.text
    assert "at most 5 MB" in form.text
    assert "/p" == shown.url.path
    assert "A photo, 0.1 MB" in shown.text
    (said,) = await until(lambda: told(page))
    assert said.file is not None
    row = await page.pool.fetchrow("SELECT key_id, box FROM handover_file WHERE id = $1", said.file.file_id)
    assert row is not None
    ring = KeyRing(parse_keys(TALK_KEYS), talk.PURPOSE)
    content = ring.open(Sealed(row["key_id"], row["box"]), file_context(said.file.file_id))
    assert content.startswith(b"\xff\xd8\xff")
    assert PLACE not in content
    assert 0 == await page.pool.fetchval("SELECT count(*) FROM page_upload")

    async def confirmed() -> bool:
        return "Our staff have what you sent." in (await browser.get("/p")).text

    await until(confirmed)


async def test_the_same_form_again_sends_nothing_again(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """A form that is posted twice is one file, one line, one thing told to the desk."""
    await ask(browser)

    await send(browser, PDF, once="the same")
    await until(lambda: told(page))
    shown = await send(browser, PDF, once="the same")

    assert 1 == shown.text.count("A document (PDF), 0.1 MB")
    await send(browser, PDF, once="another")

    async def two() -> bool:
        return len(await told(page)) >= 2

    await until(two)
    assert 2 == len(await told(page))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xd8\xff" + bytes(5 * 1024**2), "it is too large. At most 5 MB"),
        (photo("GIF"), "we can take only JPEG, PNG, WEBP, PDF"),
        (photo()[:100], "it cannot be read"),
    ],
)
async def test_what_cannot_be_sent_is_told_at_once(
    page: CitizensPage, browser: httpx.AsyncClient, data: bytes, words: str
) -> None:
    """The form comes back with the one sentence that says why; nothing is kept."""
    await ask(browser)

    shown = await send(browser, data)

    assert 422 == shown.status_code
    assert words in shown.text
    assert 0 == await page.pool.fetchval("SELECT count(*) FROM page_upload")
    assert [] == await told(page)


async def test_nothing_can_be_sent_without_a_conversation(
    page: CitizensPage, browser: httpx.AsyncClient
) -> None:
    """Who has no conversation open is shown how to begin one, and what they post goes nowhere."""
    shown = await browser.get("/p/send")
    form = form_of(await browser.get("/p"))
    posted = await browser.post("/p/send", data={"form": form, "once": "1"}, files={"file": ("a", photo())})

    assert "Ask our staff a question first" in shown.text
    assert "Ask our staff a question first" in posted.text
    assert 0 == await page.pool.fetchval("SELECT count(*) FROM page_upload")


async def test_only_our_own_form_sends(page: CitizensPage, browser: httpx.AsyncClient) -> None:
    """A post from another site, or without the session's proof, sends nothing; a stranger is led on."""
    await ask(browser)
    fields, files = {"form": "x", "once": "1"}, {"file": ("a.jpg", photo())}

    foreign = await browser.post(
        "/p/send", data=fields, files=files, headers={"Origin": "https://evil.example"}
    )
    unproven = await browser.post("/p/send", data=fields, files=files)
    async with page.browser() as stranger:
        strange = await stranger.post("/p/send", data=fields, files=files)

    assert (403, 403) == (foreign.status_code, unproven.status_code)
    assert "/p" == strange.url.path
    assert 0 == await page.pool.fetchval("SELECT count(*) FROM page_upload")


@pytest.mark.usefixtures("browser")
async def test_what_nobody_deals_with_goes(page: CitizensPage) -> None:
    """An upload lives for an hour at most, and no longer than its session."""
    session = await page.pool.fetchval("SELECT id FROM page_session")
    query = "INSERT INTO page_upload (id, session_id, key_id, box) VALUES ($1, $2, '1', 'x')"
    await page.pool.execute(query, UUID(int=1), session)

    await page.pool.execute("DELETE FROM page_session")

    assert 0 == await page.pool.fetchval("SELECT count(*) FROM page_upload")
