"""What citizens write is read by staff who may do more than they: it must stay text on every page."""

import re
from collections.abc import AsyncIterator
from html import unescape
from html.parser import HTMLParser

import pytest
from nats.aio.client import Client

from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, open_pool
from runtime.messaging.stream_writer import StreamWriter
from tests.conftest import Databases
from tests.integration.desk.pages_bench import Browser, DeskPages, desk_pages
from tests.integration.desk.people import Desk

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</textarea></p><svg onload=alert(1)>",
    "{{ csrf }}{% set x = 1 %}{0}{csrf}",
    "javascript:alert(1) https://evil.example/<b>",
)
OURS = re.compile(r"/static/[0-9a-f]{16}/page/page\.js")


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    async with open_pool(databases.url("desk"), "desk") as found:
        yield found


@pytest.fixture
def desk(pool: Pool, nats_client: Client) -> Desk:
    return Desk(pool, Outbox(pool, StreamWriter(nats_client), SystemClock()))


@pytest.fixture
async def pages(desk: Desk, databases: Databases) -> AsyncIterator[DeskPages]:
    url = databases.url("desk")
    async with desk_pages(desk.pool, url, desk.conversations, answers=("proxy",)) as found:
        yield found


@pytest.fixture
async def staff(pages: DeskPages) -> AsyncIterator[Browser]:
    async with pages.browser(await pages.staff("Olena", "operator", "supervisor", "editor")) as found:
        yield found


class Elements(HTMLParser):
    """Finds what none of our templates makes, as a browser would find it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        ours = tag == "script" and OURS.fullmatch(given.get("src") or "") and given.get("nonce")
        if tag in {"script", "img", "svg", "b", "iframe", "object", "style"} and not ours:
            self.foreign.append(tag)
        self.foreign += [name for name in given if name.startswith("on") or name in {"autofocus", "style"}]
        if (given.get("href") or "").startswith("javascript:"):
            self.foreign.append("javascript:")


def foreign(text: str) -> list[str]:
    """Return the elements and attributes of a page that none of our templates makes."""
    return [str(one) for one in Elements(text).foreign]


@pytest.mark.parametrize("words", HOSTILE)
async def test_words_of_citizens_stay_text(desk: Desk, staff: Browser, words: str) -> None:
    """Said, rated, searched for, suggested for the base: on no page do words become more than words."""
    talks = await desk.open(words, document="foreign_passport", stage="arrived")
    id_ = talks.conversation_id
    await staff.post("/conversations/take", id=id_)
    page = await staff.get(f"/conversations/{id_}")
    draft = re.findall(r'name="draft" value="([^"]+)"', page.text)[0]
    await staff.post(f"/conversations/{id_}/answer", draft=draft, seen=1, text="Добре.", then="close")
    await desk.take(talks.rated(content=False, word=words))
    seen = [
        page,
        await staff.get(f"/conversations/{id_}"),
        await staff.get(f"/conversations/{id_}/part"),
        await staff.get("/conversations"),
        await staff.post("/search", words=words),
        await staff.post("/knowledge/suggest", language="uk", question=words, text=words, document=words),
        await staff.post("/knowledge/try", question=words),
        await staff.post("/knowledge/new", words=words, language="uk"),
        await staff.post("/knowledge/preview", deed="write", id=words, topic=words, text__uk=words),
    ]

    assert [200] * (len(seen) - 1) + [422] == [one.status_code for one in seen]
    assert [[]] * len(seen) == [foreign(one.text) for one in seen]
    assert words in unescape(page.text)
    assert words in unescape(seen[1].text.partition('class="rated')[2])
    policies = {one.headers["content-security-policy"].partition("nonce-")[0] for one in seen}
    assert {"default-src 'none'; script-src '"} == policies


async def test_words_lead_nowhere(desk: Desk, staff: Browser) -> None:
    """An address that a citizen writes is no link for staff; directions of writing end with their text."""
    talks = await desk.open("https://evil.example/login \u202egnp.exe")
    page = (await staff.get(f"/conversations/{talks.conversation_id}")).text

    assert "evil.example" in page
    assert 'href="https://evil.example' not in page
    assert '<p class="text" dir="auto">https://evil.example/login \u202egnp.exe</p>' in page


async def test_a_foreign_session_reads_nothing(desk: Desk, pages: DeskPages) -> None:
    """Ids of conversations and changes open nothing for who has no role for them, on whatever path."""
    talks = await desk.open("таємне", document="id_card")
    id_ = talks.conversation_id
    async with pages.browser(await pages.staff("Clerk", "clerk", "caller")) as clerk:
        gets = [route for route in pages.door.routes if route.method == "GET" and route.roles]
        ours = [
            one for one in gets if one.path.startswith(("/conversations", "/search", "/wall", "/knowledge"))
        ]
        found = [
            await clerk.get(one.path.replace("{id:uuid}", str(id_)).replace("{id}", "proxy")) for one in ours
        ]
        deeds = [route for route in pages.door.routes if route.method == "POST" and route.roles]
        posted = [
            await clerk.post(one.path.replace("{id:uuid}", str(id_)), text="x", draft=id_, seen=1, id=id_)
            for one in deeds
            if one.path.startswith(("/conversations", "/search", "/knowledge"))
        ]

    assert {404} == {one.status_code for one in (*found, *posted)}
    assert len(posted) >= 18
    assert "таємне" not in "".join(one.text for one in found)
    assert [] == await desk.answers(id_)
