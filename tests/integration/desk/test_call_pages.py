"""The caller's pages behind the real door: what they show, what their forms do, who may have them."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest
from babel.messages.pofile import read_po
from nats.aio.client import Client

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.desk.calls import CallResult, Settled, Wish
from runtime.clock import SystemClock
from runtime.database.postgres import Pool, transaction
from services.desk.calls import words
from services.desk.calls.entries import NotTaken
from services.desk.calls.pages import Pages
from services.desk.domain.calling import AgainFault
from services.desk.domain.viewers import Viewer
from services.desk.door.application import Door
from services.desk.door.gate import Gate, csrf_of
from services.desk.door.views import Views
from services.desk.staff.sessions import Sessions
from tests.integration.desk.calling import TUESDAY, Desk, entry

URL = "http://desk.example"
ROOM = files("services.desk.calls")


@dataclass
class Browser:
    """Somebody's browser before the door."""

    client: httpx.AsyncClient
    csrf: str
    viewer: Viewer

    async def get(self, path: str) -> str:
        """Open a page."""
        return (await self.client.get(path)).text

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Post a form of ours."""
        return await self.client.post(path, data={"csrf": self.csrf, **fields}, headers={"origin": URL})


@dataclass
class House:
    """A door with the caller's pages."""

    desk: Desk
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.desk.pool, SystemClock())
        gate, pages = Gate(self.sessions, URL), Pages(self.desk.calls, self.desk.catalogue, self.desk.clock)
        rooms = {"door": "services.desk.door", "calls": "services.desk.calls"}
        routes = pages.routes()
        views = Views(gate, self.desk.catalogue.agency, rooms, [*routes])
        self.application = Door(gate, views, lambda _: None).application([], routes)

    async def visit(self, *roles: str, languages: Sequence[str] = (), offices: Sequence[str] = ()) -> Browser:
        """Let somebody in."""
        viewer = await self.desk.caller(*languages, offices=offices)
        await self.desk.pool.execute(
            "UPDATE staff SET roles = $2, languages = $3, offices = $4 WHERE id = $1",
            viewer.staff_id,
            list(roles) or ["caller"],
            list(languages),
            list(offices),
        )
        async with transaction(self.desk.pool) as connection:
            cookie = await self.sessions.begin(connection, viewer.staff_id, "open")
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.application),
            base_url=URL,
            cookies={"docwatch-desk": cookie},
            headers={"accept-language": "en"},
        )
        self.browsers.append(client)
        return Browser(client, csrf_of(cookie), viewer)


@pytest.fixture
async def house(pool: Pool, nats_client: Client) -> AsyncIterator[House]:
    found = House(Desk(pool, nats_client))
    yield found
    for browser in found.browsers:
        await browser.aclose()


def lease(page: str) -> str:
    found = re.search(r'name="lease" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


async def held(ira: Browser) -> tuple[str, str]:
    """Take the next call; return its path and its page."""
    answer = await ira.post("/calls/take")
    assert 303 == answer.status_code
    path = answer.headers["location"].removeprefix(URL)
    return path, await ira.get(path)


async def test_a_caller_works_through_a_call_without_scripts(house: House) -> None:
    """List, next, what to say in the citizen's language, outcome, list: each a page or a plain form."""
    await house.desk.hear_of(entry(1), entry(2, language="ru"))
    ira = await house.visit()
    before = await ira.get("/calls")
    path, page = await held(ira)
    answer = await ira.post(f"{path}/result", lease=lease(page), result="reached")
    after = await ira.get(answer.headers["location"].removeprefix(URL))

    assert 2 == before.count('href="/calls/')
    assert '<div lang="uk">' in page
    assert "Добрий день. Вас турбує Служба документів (приклад)." in page
    assert "The call is entered." in after
    assert ["reached"] == [one.result for one in await house.desk.told()]


async def test_missing_papers_are_told_by_name(house: House) -> None:
    """Which papers, and the note, in the citizen's language; a code that is known no more is left out."""
    papers, notes = list(house.desk.catalogue.papers), list(house.desk.catalogue.notes)
    details: dict[str, Any] = {"missing": (papers[0], papers[1], "forgotten"), "note": notes[0]}
    await house.desk.hear_of(entry(1, stage="correction_needed", language="ru", **details))
    page = unescape(await (await house.visit()).get(f"/calls/{house.desk.tracker.entries[0].call_id}"))
    told = [house.desk.catalogue.papers[code]["ru"] for code in papers[:2]]

    assert all(f"<li>{paper}</li>" in page for paper in told)
    assert house.desk.catalogue.notes[notes[0]]["ru"] in page
    assert "forgotten" not in page


async def test_the_number_is_opened_in_the_back_office(house: House) -> None:
    """At the address that the agency gave, which is not told where one comes from; else its own name."""
    await house.desk.hear_of(
        entry(1, publisher="sample", event_id="e 1/&"), entry(2), entry(3, receipt_id="r-3")
    )
    ira = await house.visit()
    pages = [await ira.get(f"/calls/{one.call_id}") for one in house.desk.tracker.entries]
    link = re.search(r'<a href="(https://[^"]+)"([^>]*)>', pages[0])

    assert link is not None
    assert "https://office.example/cases?event=e%201%2F%26" == link[1]
    assert 'rel="noopener noreferrer" referrerpolicy="no-referrer"' in link[2]
    assert "In the back office office, by the event e-2" in pages[1]
    assert "In the back office office, by the receipt r-3" in pages[2]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "no_result"),
        ({"result": "shouted"}, "no_result"),
        ({"result": "wants"}, "no_wish"),
        ({"result": "wants", "wants": "the moon"}, "no_wish"),
        ({"result": "later"}, "no_time"),
        ({"result": "later", "again_at": "tomorrow"}, "no_time"),
        ({"result": "later", "again_at": "2026-12-01T11:00"}, "past"),
        ({"result": "later", "again_at": "2026-12-01T13:30"}, "closed"),
        ({"result": "later", "again_at": "2027-01-20T10:00"}, "too_late"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(
    house: House, fields: dict[str, str], fault: str
) -> None:
    """Nothing is entered, the entry stays in hand, what was chosen stays chosen."""
    await house.desk.hear_of(entry())
    ira = await house.visit()
    path, page = await held(ira)
    answer = await ira.post(f"{path}/result", lease=lease(page), **fields)

    assert 422 == answer.status_code
    assert words.FAULTS[fault] in answer.text
    assert lease(page) == lease(answer.text)
    if fields.get("result") in get_args(CallResult):
        assert f'value="{fields["result"]}" required checked' in answer.text
    assert [] == await house.desk.told()


async def test_a_time_is_one_of_the_agencys_clock(house: House) -> None:
    """Half past three is half past three in Kyiv."""
    await house.desk.hear_of(entry())
    ira = await house.visit()
    path, page = await held(ira)
    await ira.post(f"{path}/result", lease=lease(page), result="later", again_at="2026-12-01T15:30")

    assert [TUESDAY + timedelta(hours=3, minutes=30)] == [one.again_at for one in await house.desk.told()]
    assert "Asked for" in await ira.get(path)


async def test_who_lost_the_entry_is_told_so(house: House) -> None:
    """A colleague has it by now: 409, nothing entered."""
    await house.desk.hear_of(entry())
    ira, oleh = await house.visit(), await house.visit()
    path, page = await held(ira)
    house.desk.clock.at += timedelta(minutes=11)
    await held(oleh)
    answer = await ira.post(f"{path}/result", lease=lease(page), result="reached")

    assert 409 == answer.status_code
    assert words.FAULTS["lost"] in answer.text
    assert "A colleague holds this entry." in answer.text
    assert [] == await house.desk.told()
    assert 409 == (await ira.post(f"{path}/sign")).status_code


async def test_a_page_that_is_open_keeps_the_entry(house: House) -> None:
    """The sign of a script keeps it from others, and giving it back lets them have it."""
    await house.desk.hear_of(entry())
    ira, oleh = await house.visit(), await house.visit()
    path, _ = await held(ira)
    house.desk.clock.at += timedelta(minutes=9)
    signed = await ira.post(f"{path}/sign")
    house.desk.clock.at += timedelta(minutes=9)
    refused = await oleh.post("/calls/take")
    await ira.post(f"{path}/back")

    assert (204, "http://desk.example/calls?notice=nothing") == (
        signed.status_code,
        URL + refused.headers["location"],
    )
    assert path == (await held(oleh))[0]


async def test_entries_of_others_are_as_if_they_were_not_there(house: House) -> None:
    """Another office's, another language's, an unknown one, and one without the role: the same 404."""
    foreign, russian = entry(1, office="lviv-1"), entry(2, language="ru")
    await house.desk.hear_of(foreign, russian)
    ira = await house.visit(languages=["uk"], offices=["kyiv-1"])
    operator = await house.visit("operator", "editor", "supervisor", "clerk")
    found = []
    for browser in (ira, operator):
        for one in (foreign.call_id, russian.call_id, uuid4()):
            found.append((await browser.client.get(f"/calls/{one}")).status_code)
            found.append((await browser.post(f"/calls/{one}/result", result="reached")).status_code)
            found.append((await browser.post(f"/calls/{one}/back")).status_code)

    assert {404} == set(found)
    assert 404 == (await operator.client.get("/calls")).status_code
    assert 0 == await house.desk.pool.fetchval("SELECT count(*) FROM call WHERE held_by IS NOT NULL")


async def test_a_form_of_another_page_changes_nothing(house: House) -> None:
    """Without the proof of a form, or from elsewhere, nothing is taken."""
    await house.desk.hear_of(entry())
    ira = await house.visit()
    forged = await ira.client.post("/calls/take", data={"csrf": "x"}, headers={"origin": URL})
    foreign = await ira.client.post(
        "/calls/take", data={"csrf": ira.csrf}, headers={"origin": "https://evil.example"}
    )

    assert (403, 403) == (forged.status_code, foreign.status_code)
    assert None is await house.desk.calls.mine(ira.viewer)


async def test_out_of_hours_the_list_says_when(house: House) -> None:
    """The next hours are named, and no button leads nowhere."""
    await house.desk.hear_of(entry())
    house.desk.clock.at = TUESDAY + timedelta(hours=9)
    ira = await house.visit()
    page = await ira.get("/calls")

    assert "No calls are made at this hour. The next ones from Wed 2 Dec, 09:00." in page
    assert "Call the next one" not in page


async def test_nothing_put_in_becomes_markup(house: House) -> None:
    """Names of publishers, events and receipts are text, whatever they hold."""
    await house.desk.hear_of(entry(1, event_id="<script>alert(1)</script>", stage="arrived"))
    ira = await house.visit()
    page = await ira.get(f"/calls/{house.desk.tracker.entries[0].call_id}")

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("language", ["uk", "ru"])
def test_every_sentence_is_there_in_every_language(language: str) -> None:
    """No sentence of the room is shown in English to who reads another language, and none is left over."""
    with ROOM.joinpath("locales", language, "calls.po").open("rb") as source:
        known = {
            one
            for message in read_po(source)
            if message.id and message.string
            for one in (message.id if isinstance(message.id, tuple) else (message.id,))
        }
    said = {
        one
        for table in (words.RESULTS, words.WISHES, words.ENDED, words.MISSED, words.MISSED_AS)
        for one in table.values()
    }
    said |= {*words.NOTICES.values(), *words.FAULTS.values(), "Calls"}
    for template in Path(str(ROOM.joinpath("templates"))).glob("*.html"):
        text = template.read_text()
        said |= set(re.findall(r"(?:say|speak)\('([^']+)'", text))
        said |= {one for pair in re.findall(r"count\('([^']+)', '([^']+)'", text) for one in pair}

    assert said == known


def test_every_code_has_a_sentence() -> None:
    """Whatever a result, a wish, an end, a refusal or a fault is called, a page can say it."""
    assert set(get_args(CallResult)) == set(words.RESULTS)
    assert set(get_args(Wish)) == set(words.WISHES)
    ended = {*get_args(CallResult), *get_args(Settled), "no_calls", "given_up", "too_old"}
    assert ended == set(words.ENDED)
    assert set(get_args(NotTaken)) | {"entered", "given_back"} == set(words.NOTICES)
    assert set(get_args(AgainFault)) | {"no_result", "no_wish", "lost"} == set(words.FAULTS)
    assert {one.value for one in DeliveryEnd} >= set(words.MISSED_AS)
