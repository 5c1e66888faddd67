"""The staff's page over real HTTP: taken, answered, noted, passed on, closed by forms; drafts; live."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest
from nats.aio.client import Client

from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.staff.accounts import Administration
from tests.conftest import Databases
from tests.integration.desk.pages_bench import Browser, DeskPages, desk_pages
from tests.integration.desk.people import Desk, Talks

PASSPORT: dict[str, Any] = {
    "document": "foreign_passport",
    "stage": "arrived",
    "office": "kyiv-1",
    "actionable": True,
}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def desk(pool: Pool, nats_client: Client) -> Desk:
    return Desk(pool, Outbox(pool, StreamWriter(nats_client), SystemClock()))


@pytest.fixture
async def pages(desk: Desk, databases: Databases) -> AsyncIterator[DeskPages]:
    async with desk_pages(desk.pool, databases.url("desk"), desk.conversations) as found:
        yield found


@pytest.fixture
async def olena(pages: DeskPages) -> AsyncIterator[Browser]:
    async with pages.browser(await pages.staff("Olena", "operator", "supervisor")) as found:
        yield found


@pytest.fixture
async def petro(pages: DeskPages) -> AsyncIterator[Browser]:
    async with pages.browser(await pages.staff("Petro", "operator")) as found:
        yield found


def path(talks: Talks) -> str:
    """Where a conversation is."""
    return f"/conversations/{talks.conversation_id}"


def fields(text: str, deed: str) -> dict[str, str]:
    """Return the hidden fields of the form of a page that is posted to some deed."""
    form = re.search(rf'<form method="post" action="[^"]*/{deed}".*?</form>', text, re.DOTALL)
    assert form is not None, f"there is no form for {deed}"
    return {name: unescape(value) for name, value in HIDDEN.findall(form[0]) if name != "csrf"}


def box(text: str, name: str) -> str:
    """Return what stands in a box of a page."""
    found = re.search(rf'<textarea id="{name}".*?>(.*?)</textarea>', text, re.DOTALL)
    assert found is not None
    return unescape(found[1])


async def taken(browser: Browser, talks: Talks) -> str:
    """Take a conversation; return its page."""
    return (await browser.post("/conversations/take", id=talks.conversation_id)).text


async def test_a_question_is_answered_by_forms_alone(desk: Desk, olena: Browser) -> None:
    """From the list by a suggestion to the answer, which is sent once, shown as arrived, and closed."""
    talks = await desk.open("Скільки коштує термінове виготовлення закордонного паспорта?", **PASSPORT)
    listed = (await olena.get("/conversations")).text
    page = (await olena.post("/conversations/take")).text
    suggestion = fields(page, "suggest")
    suggested = (await olena.post(f"{path(talks)}/suggest", **suggestion)).text
    draft = box(suggested, "answer")
    sent = await olena.post(
        f"{path(talks)}/answer", **fields(suggested, "answer"), text=draft + "\r\nЗаходьте."
    )
    await olena.post(f"{path(talks)}/answer", **fields(suggested, "answer"), text=draft + "\nЗаходьте.")
    (answer,) = [one for one in await desk.replies(talks.conversation_id) if one.kind == "answered"]
    await desk.take(talks.reached(answer.reply_id))
    reached = (await olena.get(path(talks))).text
    closed = await olena.post(f"{path(talks)}/close", **fields(reached, "close"))

    assert f'data-row="{talks.conversation_id}"' in listed
    assert "Passport for travel abroad" in listed
    assert "Ready to collect" in page
    assert draft
    assert "Your answer is on its way" in sent.text
    assert [f"{draft}\nЗаходьте."] == await desk.answers(talks.conversation_id)
    assert "has reached the citizen" in reached
    assert "" == box(reached, "answer")
    assert "The conversation is over." in closed.text
    assert "You hold no conversation." in closed.text


async def test_two_at_once(desk: Desk, olena: Browser, petro: Browser) -> None:
    """Who comes second is told so; who lost a conversation keeps what they wrote, and it is not sent."""
    talks = await desk.open(**PASSPORT)
    mine = await taken(olena, talks)
    second = await petro.post("/conversations/take", id=talks.conversation_id)
    looked = (await petro.get(path(talks))).text
    await desk.lapse(talks.conversation_id)
    theirs = await taken(petro, talks)
    late = await olena.post(f"{path(talks)}/answer", **fields(mine, "answer"), text="Зараз дізнаюся")
    await petro.post(f"{path(talks)}/answer", **fields(theirs, "answer"), text="Готово")

    assert "A colleague was faster" in second.text
    assert "Olena holds it." in looked
    assert "/close" not in looked
    assert "you do not hold this conversation any more" in late.text
    assert "Зараз дізнаюся" == box(late.text, "answer")
    assert ["Готово"] == await desk.answers(talks.conversation_id)


async def test_a_note_has_no_way_to_the_citizen(desk: Desk, olena: Browser, petro: Browser) -> None:
    """A note is shown to colleagues as one, passing on keeps the words between them, and nothing is sent."""
    talks = await desk.open(**PASSPORT)
    page = await taken(olena, talks)
    noted = (await olena.post(f"{path(talks)}/note", **fields(page, "note"), text="нервує")).text
    again = (await olena.post(f"{path(talks)}/note", **fields(page, "note"), text="нервує")).text
    await olena.post(f"{path(talks)}/pass", **fields(again, "pass"), topic="id_card", text="подивіться")
    seen = (await petro.get(path(talks))).text
    foreign = await olena.post(f"{path(talks)}/pass", **fields(again, "pass"), topic="no such", text="")

    assert "Only colleagues see it" in noted
    assert 1 == again.count("Note by Olena, for colleagues only")
    assert 2 == seen.count("Note by Olena, for colleagues only")
    assert 400 == foreign.status_code
    assert [] == await desk.answers(talks.conversation_id)
    assert {"queued", "passed_on"} == {one.kind for one in await desk.replies(talks.conversation_id)} | {
        "queued"
    }


async def test_what_was_not_seen_is_not_closed_over(desk: Desk, olena: Browser) -> None:
    """Who closes while the citizen writes is shown what came, and the conversation stays theirs."""
    talks = await desk.open(**PASSPORT)
    page = await taken(olena, talks)
    await desk.take(talks.said("ще одне питання"))
    kept = await olena.post(f"{path(talks)}/close", **fields(page, "close"))

    assert "the citizen has written more" in kept.text
    assert "ще одне питання" in kept.text
    assert "/close" in kept.text


@pytest.mark.parametrize(
    ("text", "told"),
    [("   ", "there is no text"), ("щ" * 4001, "the text is too long"), ("В {office}!", "stands in braces")],
)
async def test_what_cannot_be_sent_is_kept(desk: Desk, olena: Browser, text: str, told: str) -> None:
    """An empty text, one that is too long and one with gaps are not sent; what was written is still there."""
    talks = await desk.open(**PASSPORT)
    page = await taken(olena, talks)
    after = (await olena.post(f"{path(talks)}/answer", **fields(page, "answer"), text=text)).text

    assert told in after
    assert text.strip()[:4000] == box(after, "answer")
    assert [] == await desk.answers(talks.conversation_id)


async def test_drafts_are_kept_sealed_and_forgotten(
    desk: Desk, pages: DeskPages, olena: Browser, petro: Browser
) -> None:
    """A draft is its writer's alone, no table shows its words, and it goes with what the citizen wrote."""
    talks = await desk.open(**PASSPORT)
    page = await taken(olena, talks)
    kept = {"draft": fields(page, "answer")["draft"], "box": "answer", "text": "таємне слово"}
    await olena.post(f"{path(talks)}/draft", **kept)
    mine, theirs = (await olena.get(path(talks))).text, (await petro.get(path(talks))).text
    listed = (await olena.get("/conversations")).text
    row = await pages.pool.fetchrow("SELECT sealed, draft_id FROM draft")
    await desk.take(talks.forgotten())
    await olena.post(f"{path(talks)}/draft", **kept)

    assert "таємне слово" == box(mine, "answer")
    assert "таємне" not in theirs
    assert ">draft</span>" in listed
    assert row is not None
    assert "таємне".encode() not in row["sealed"]
    assert kept["draft"] == str(row["draft_id"])
    assert 0 == await pages.pool.fetchval("SELECT count(*) FROM draft")


async def test_search_and_wall(desk: Desk, olena: Browser, petro: Browser) -> None:
    """Words find the conversation and never stand in an address; the wall counts, for supervisors alone."""
    talks = await desk.open("загубила квитанцію", **PASSPORT)
    found = await olena.post("/search", words="квитанцію")
    nothing = await olena.post("/search", words="велосипед")
    wall = (await olena.get("/wall")).text
    await taken(olena, talks)
    after = (await olena.get("/wall/part")).text
    hidden = await petro.get("/wall")

    assert f'data-row="{talks.conversation_id}"' in found.text
    assert "/search" == found.url.raw_path.decode()
    assert "Nothing was found." in nothing.text
    assert "<dd>1</dd>" in wall.partition("Waiting")[2][:80]
    assert "<dd>0</dd>" in after.partition("Waiting")[2][:80]
    assert "Olena" in after
    assert 404 == hidden.status_code


async def test_who_goes_gives_back_what_they_hold(desk: Desk, olena: Browser, petro: Browser) -> None:
    """One deed gives everything back to the queue, where a colleague takes it at once."""
    talks = await desk.open(**PASSPORT)
    await taken(olena, talks)
    left = await olena.post("/conversations/leave")
    page = await taken(petro, talks)

    assert "What you held waits for colleagues." in left.text
    assert "You hold no conversation." in left.text
    assert "/close" in page


@asynccontextmanager
async def events(browser: Browser) -> AsyncIterator["asyncio.Queue[str]"]:
    """Listen as an open page does; each event is a line of its kind and its data."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def listen() -> None:
        stream = browser.client.stream(
            "GET", "/conversations/events", headers={"Accept": "text/event-stream"}
        )
        async with stream as answer:
            kind = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data:"):
                    heard.put_nowait(f"{kind} {line[5:].strip()}".strip())

    task = asyncio.ensure_future(listen())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_open_page_hears_what_changes(desk: Desk, olena: Browser) -> None:
    """Each change names its conversation to whoever looks, and the first event has all looked at anew."""
    async with events(olena) as heard, asyncio.timeout(20):
        first = await heard.get()
        talks = await desk.open(**PASSPORT)
        named: set[UUID] = set()
        while talks.conversation_id not in named:
            named |= {UUID(one) for one in (await heard.get()).split()[1:]}

    assert "changed" == first
    assert {talks.conversation_id} == named


async def test_a_stream_ends_with_its_session(
    pages: DeskPages, olena: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is signed out hears no more of the desk than that it is over."""
    monkeypatch.setattr("services.desk.page.streams.PING_SECONDS", 0.05)
    async with events(olena) as heard, asyncio.timeout(20):
        await heard.get()
        await Administration(pages.pool, SystemClock(), "test").sign_out("olena")
        while (said := await heard.get()) != "over":
            assert said.startswith("changed")
    answer = await olena.client.get("/conversations", follow_redirects=False)

    assert httpx.codes.SEE_OTHER == answer.status_code
