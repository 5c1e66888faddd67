"""The clerk's desk over HTTP, against an ingest that answers as it is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from sandbox.app import run_sandbox
from sandbox.settings import OfficeSettings, SandboxSettings
from tests.integration.telegram_simulator.conftest import SETTINGS

KEY = "dw_the-key-that-no-page-may-see"
CATALOGUE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"
OFFICE = "/phone/api/office"
NEW = {"document_type": "id_card", "holder": "Олена К.", "office": "kyiv-1"}
LINK = f"https://t.me/{SETTINGS.bot_username}?start=token"


@dataclass
class Ingest:
    """An ingest that keeps what came and answers events with the statuses that it is given, then with 202."""

    url: str = ""
    link: str | None = "https://docs.agency.example/r/abc"
    statuses: list[int] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)

    async def key(self, request: web.Request) -> web.Response:
        """Say whom the key stands for."""
        self.keys.add(request.headers.get("Authorization"))
        return web.json_response({"publisher": "sample"})

    async def receipts(self, request: web.Request) -> web.Response:
        """Issue a receipt."""
        wanted = await request.json()
        return web.json_response(self.issued(wanted["receipt_id"]), status=201)

    def issued(self, receipt_id: str) -> dict[str, Any]:
        """Return a receipt."""
        return {"receipt_id": receipt_id, "code": "ABCD", "link": self.link, "links": {"telegram": LINK}}

    async def receipt(self, request: web.Request) -> web.Response:
        """Show a receipt."""
        return web.json_response(self.issued(request.match_info["receipt_id"]))

    async def take(self, request: web.Request) -> web.Response:
        """Take an event, or answer as told."""
        self.events.append(await request.json())
        status = self.statuses.pop(0) if self.statuses else 202
        return web.json_response({"detail": "as told"}, status=status)

    async def printed(self, request: web.Request) -> web.Response:
        """Return a page that says what it was asked for."""
        headers = {"Content-Security-Policy": "default-src 'none'", "X-Other": "stays"}
        said = f"<p>{request.match_info['receipt_id']} {request.query.get('language')}</p>"
        return web.Response(text=said, content_type="text/html", headers=headers)


@asynccontextmanager
async def desk(data: Path, ingest: Ingest) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a world with a desk."""
    office = OfficeSettings(ingest.url, KEY, CATALOGUE)
    settings: SandboxSettings = replace(SETTINGS, data=data / "world.sqlite", office=office)
    async with run_sandbox(settings) as url, httpx.AsyncClient(base_url=url, timeout=10) as http:
        yield http


@pytest.fixture
async def ingest() -> AsyncIterator[Ingest]:
    """The scripted ingest, served."""
    found, app = Ingest(), web.Application()
    app.add_routes(
        [
            web.get("/v1/key", found.key),
            web.post("/v1/receipts", found.receipts),
            web.post("/v1/events", found.take),
            web.get("/v1/receipts/{receipt_id}", found.receipt),
            web.get("/v1/receipts/{receipt_id}/print", found.printed),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


async def test_registering_prints_and_publishes(tmp_path: Path, ingest: Ingest) -> None:
    """A registered application has a number, a receipt to be scanned and its first stage, by ingest's API."""
    async with desk(tmp_path, ingest) as http:
        made = (await http.post(f"{OFFICE}/applications", json=NEW)).json()
        stamped = await http.post(
            f"{OFFICE}/applications/{made['receipt_id']}/stamp", json={"stage": "verification"}
        )
        page = await http.get(f"{OFFICE}/receipts/{made['receipt_id']}/print?language=uk")
        state = await http.get("/phone/api/state")
        shown = await http.get(OFFICE)

    first, second = ingest.events
    assert [(1, "accepted"), (2, "verification")] == [
        (one["step"], one["stage"]["code"]) for one in (made, stamped.json())
    ]
    assert ("accepted", "kyiv-1", made["number"]) == tuple(
        first["data"][name] for name in ("stage", "office", "application_number")
    )
    assert first["id"] != second["id"]
    assert made["number"] not in first["id"] + made["receipt_id"]
    assert f"<p>{made['receipt_id']} uk</p>" == page.text
    assert ("default-src 'none'", None) == (
        page.headers["Content-Security-Policy"],
        page.headers.get("X-Other"),
    )
    (receipt,) = state.json()["receipts"]
    assert ("Олена К.", LINK) == (receipt["holder"], receipt["link"])
    assert {f"Bearer {KEY}"} == ingest.keys
    assert KEY not in state.text + shown.text + page.text


async def test_the_code_of_a_receipt_can_be_opened(tmp_path: Path, ingest: Ingest) -> None:
    """Opening it leads where a camera would be led; a code that holds no page says so."""
    async with desk(tmp_path, ingest) as http:
        made = (await http.post(f"{OFFICE}/applications", json=NEW)).json()
        opened = await http.get(f"{OFFICE}/receipts/{made['receipt_id']}/open")
        others = []
        for ingest.link in (None, "viber://pa?chatURI=docs&context=abc", "javascript:alert(1)"):
            others.append((await http.get(f"{OFFICE}/receipts/{made['receipt_id']}/open")).status_code)

    assert (303, "https://docs.agency.example/r/abc", "no-referrer") == (
        opened.status_code,
        opened.headers["location"],
        opened.headers["referrer-policy"],
    )
    assert [404, 404, 404] == others


async def test_an_unanswered_event_is_sent_again_as_it_was(tmp_path: Path, ingest: Ingest) -> None:
    """What may have arrived goes out identically before anything new, even after a restart."""
    async with desk(tmp_path, ingest) as http:
        made = (await http.post(f"{OFFICE}/applications", json=NEW)).json()
        stamp = f"{OFFICE}/applications/{made['receipt_id']}/stamp"
        ingest.statuses = [503]
        away = await http.post(stamp, json={"stage": "verification"})
    async with desk(tmp_path, ingest) as http:
        again = (await http.post(stamp, json={"stage": "verification"})).json()
        ingest.statuses = [503]
        await http.post(stamp, json={"stage": "printing"})
        other = (await http.post(stamp, json={"stage": "shipped"})).json()

    sent = [event["data"]["stage"] for event in ingest.events]
    assert (503, {"error": "ingest cannot take this now: try again"}) == (away.status_code, away.json())
    assert ["accepted", "verification", "verification", "printing", "printing", "shipped"] == sent
    assert ingest.events[1] == ingest.events[2]
    assert ingest.events[3] == ingest.events[4]
    assert ("verification", "shipped") == (again["stage"]["code"], other["stage"]["code"])


async def test_what_cannot_be_done_says_why(tmp_path: Path, ingest: Ingest) -> None:
    """A refusal of ingest, a stage out of turn, and what is unknown are each a 4xx with a reason."""
    async with desk(tmp_path, ingest) as http:
        made = (await http.post(f"{OFFICE}/applications", json=NEW)).json()
        stamp = f"{OFFICE}/applications/{made['receipt_id']}/stamp"
        ingest.statuses = [422]
        answers = [
            await http.post(stamp, json={"stage": "verification"}),
            await http.post(stamp, json={"stage": "issued"}),
            await http.post(stamp, json={"stage": "verification", "office": "nowhere"}),
            await http.post(f"{OFFICE}/applications/none/stamp", json={"stage": "accepted"}),
            await http.post(f"{OFFICE}/applications", json=NEW | {"document_type": "none"}),
            await http.post(f"{OFFICE}/applications", json=NEW | {"holder": " "}),
        ]
        after = await http.post(stamp, json={"stage": "verification"})

    assert [409, 409, 400, 404, 400, 400] == [one.status_code for one in answers]
    assert "ingest refuses: as told" == answers[0].json()["error"]
    assert 200 == after.status_code


async def test_other_sites_may_not_act(tmp_path: Path, ingest: Ingest) -> None:
    """A request that a page of another site makes a browser send is refused, one of ours is taken."""
    async with desk(tmp_path, ingest) as http:
        foreign = await http.post(f"{OFFICE}/applications", json=NEW, headers={"Origin": "http://evil.test"})
        own = {"Origin": str(http.base_url).rstrip("/")}
        taken = await http.post(f"{OFFICE}/applications", json=NEW, headers=own)

    assert [403, 201] == [foreign.status_code, taken.status_code]
    assert 1 == len(ingest.events)


async def test_without_a_key_there_is_no_desk(http: httpx.AsyncClient) -> None:
    """A world without a back office says so."""
    shown, refused = await http.get(OFFICE), await http.post(f"{OFFICE}/applications", json=NEW)

    assert {"open": False} == shown.json()
    assert 404 == refused.status_code
