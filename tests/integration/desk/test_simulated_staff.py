"""Simulated staff work at the real page: they sign in by their code, take who waited, answer and close."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from nats.aio.client import Client

from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from sandbox.desk.__main__ import staff_of, work
from sandbox.desk.member import NO_ANSWER, Pace
from sandbox.desk.page import Page
from tests.conftest import Databases
from tests.integration.desk.pages_bench import DeskPages, desk_pages
from tests.integration.desk.people import Desk
from tests.waiting import until

QUICK = Pace(patience=0.0, thinking=(0.0, 0.1), silence=1.0, look=0.1)


@pytest.fixture
def desk(pool: Pool, nats_client: Client) -> Desk:
    return Desk(pool, Outbox(pool, StreamWriter(nats_client), SystemClock()))


@pytest.fixture
async def pages(desk: Desk, databases: Databases) -> AsyncIterator[DeskPages]:
    url = databases.url("desk")
    async with desk_pages(desk.pool, url, desk.conversations, answers=("proxy",)) as found:
        yield found


async def test_they_answer_everybody_once(desk: Desk, pages: DeskPages) -> None:
    """Two of them answer several people, each once, in their language, by the base where it knows."""
    known = pages.catalogue.answers["proxy"]
    talks = [
        await desk.open(known.questions["en"][0], language="en"),
        await desk.open("xyzzy plugh", language="en"),
        await desk.open(known.questions["uk"][0], language="uk"),
    ]
    said = [f"{name.lower()}:{await pages.invited(name, 'operator')}" for name in ("Iryna", "Taras")]
    stop = asyncio.Event()
    working = asyncio.ensure_future(work(pages.url, staff_of(" ".join(said)), QUICK, stop))

    async def closed() -> bool:
        sql = "SELECT count(*) FROM conversation WHERE closed_why = 'answered'"
        return bool(await pages.pool.fetchval(sql) == len(talks))

    await until(closed, within=100)
    stop.set()
    await working

    answers = [await desk.answers(one.conversation_id) for one in talks]
    assert [
        [f"Hello! {known.text['en']}"],
        [f"Hello! {NO_ANSWER['en']}"],
        [f"Добрий день! {known.text['uk']}"],
    ] == answers


async def test_they_wait_for_a_desk_that_is_away() -> None:
    """Where nothing listens yet they try again, and end when told to."""
    stop = asyncio.Event()
    working = asyncio.ensure_future(work("http://127.0.0.1:1", [("nobody", "code")], QUICK, stop))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(working), 0.3)
    stop.set()

    await working


def test_a_page_is_read_as_it_is_served() -> None:
    """Forms with their fields, rows of who waits, what was said, the key of a telephone."""
    page = Page(
        '<form method="post" action="/conversations/1/answer?lang=uk" class="box answer">'
        '<input type="hidden" name="seen" value="2">'
        '<textarea lang="uk" name="text">\u0433\u0430\u0440&amp;</textarea></form>'
        '<a class="row waits" data-row="7"></a><a class="row" data-row="8"></a>'
        '<article class="said citizen"><header>x</header><p class="text">a &lt;b&gt;</p></article>'
        '<code class="code">ABCD EFGH</code>'
    )
    answer = page.form("answer")

    assert answer is not None
    assert {"seen": "2", "text": "\u0433\u0430\u0440&"} == answer.fields
    assert [("7", True), ("8", False)] == page.rows
    assert [("citizen", "a <b>")] == [(one.kind, one.text) for one in page.said]
    assert ("ABCDEFGH", "uk") == (page.key, page.language)
    assert page.form("nothing") is None
