"""The citizens' page and its browsers as the suite of channels needs them."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from uuid import UUID

import httpx
from nats.aio.client import Client
from starlette.applications import Starlette

from contracts.catalogue import load_catalogue
from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, open_pool
from runtime.embedded import EmbeddedPostgres
from runtime.keyring import KeyRing
from runtime.messaging.stream_writer import StreamWriter
from services.notifier.channels.base import Channel
from services.notifier.channels.web.channel import WebChannel
from services.notifier.channels.web.messages import Messages, Put
from services.notifier.channels.web.sessions import Session
from services.notifier.delivery.store import Store
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message
from services.notifier.metrics import Metrics
from services.notifier.page.opening import OpenPage, open_page
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.wording.i18n import load_voice
from tests.attacks.wire import HOST, listening
from tests.conftest import fresh_database
from tests.integration.notifier.channel_bench import Bench, ReceiptStatus, Shown, Trouble
from tests.integration.notifier.page_bench import CATALOGUE, PUBLIC
from tests.integration.notifier.world import ScriptedTracker
from tests.waiting import until

RING = KeyRing([("k1", bytes(32))], PURPOSE)
_LINE = re.compile(r'<div class="line ours( private)?"(.*?)(?=<div class="line |<form id="say")', re.DOTALL)
_BUBBLE = re.compile(r'<div class="bubble">(.*?)<time', re.DOTALL)
_DATA = re.compile(r'<button name="data" value="([^"]*)"')
_FILE = re.compile(r'href="([^"]*/p/file/[^"]*)"')
_FORM = re.compile(r'name="form" value="([^"]*)"')


class FaultyMessages(Messages):
    """The store of messages, which breaks as laid."""

    def __init__(self, pool: Pool, ring: KeyRing) -> None:
        super().__init__(pool, ring)
        self.faults: list[Trouble] = []

    async def put(self, address: str, key: UUID, message: Message, **further: object) -> Put:
        """Store, or break before or after it."""
        fault = self.faults.pop() if self.faults and further["ours"] else None
        match fault:
            case "lost_before_stored":
                raise ConnectionResetError
            case "nonsense":
                raise OSError("the server said nonsense")
            case "slow":
                await asyncio.sleep(0.05)
            case _:
                pass
        done = await super().put(address, key, message, **further)  # type: ignore[arg-type]  # the same
        if fault in {"stored_then_lost", "no_answer"}:
            raise ConnectionResetError if fault == "stored_then_lost" else TimeoutError
        return done


@dataclass
class WebBench:
    """The page, and a browser without scripts for each citizen."""

    channel: Channel
    pool: Pool
    page: OpenPage
    messages: FaultyMessages
    url: str
    came: list[Incoming]
    stack: AsyncExitStack
    browsers: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    posts: int = 0
    pause: float = 0
    markup: bool = False
    spared: frozenset[Trouble] = frozenset({"throttled", "rejected", "unparseable", "account_refused"})

    async def person(self) -> str:
        """Open a browser and write."""
        browser = await self._browser()
        await self._post(browser, "/p/say", text="hello")
        (incoming,) = await self.arrived()
        self.browsers[incoming.address] = browser
        return incoming.address

    async def stranger(self) -> str:
        """Return an address that no session has."""
        return "00" * 32

    async def shown(self, address: str) -> list[Shown]:
        """Load the page and read it."""
        if address not in self.browsers:
            return []
        browser = self.browsers[address]
        text = (await browser.get("/p")).text
        await self._settled(address)
        return [await self._shown(browser, private, line) for private, line in _LINE.findall(text)]

    async def says(self, address: str, text: str) -> None:
        """Send the form."""
        await self._post(self.browsers[address], "/p/say", text=text)

    async def opens(self, address: str, payload: str) -> None:
        """Open a link to the page and go on."""
        await self._post(self.browsers[address], f"/r/web/{payload}", lang="en")

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Press a button under a message."""
        await self._post(self.browsers[address], "/p/tap", message=reference, data=data)

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Look no more for so long that it is given up, or look again."""
        row = await self.pool.fetchrow(
            "SELECT id FROM page_session WHERE digest = $1", bytes.fromhex(address)
        )
        assert row is not None
        if blocked:
            session = Session(row["id"], row["id"], address, None, None)
            await self.page.parts.chat.left(session, "absent")
            await self.pool.execute(
                "UPDATE page_session SET absent_since = clock_timestamp() WHERE id = $1", row["id"]
            )
            return
        await self.browsers[address].get("/p/settings")
        query = "SELECT absent_since IS NULL FROM page_session WHERE id = $1"
        await until(partial(self.pool.fetchval, query, row["id"]))

    async def trouble(self, what: Trouble) -> None:
        """Lay the fault, or close everybody's page."""
        if what == "blocked":
            await self.pool.execute("DELETE FROM page_session")
            return
        self.messages.faults.append(what)

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Look at the page, which is what `seen` means."""
        assert (reference, status) == (reference, "seen")
        await self.shown(address)

    async def arrived(self) -> list[Incoming]:
        """Return what was done since."""
        found = list(self.came)
        self.came.clear()
        return found

    async def _browser(self) -> httpx.AsyncClient:
        headers = {"Origin": self.url, "Accept-Language": "en"}
        client = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=10)
        return await self.stack.enter_async_context(client)

    async def _post(self, browser: httpx.AsyncClient, path: str, **fields: str) -> None:
        self.posts += 1
        found = _FORM.search((await browser.get("/p/settings")).text)
        form = "" if found is None else found[1]
        # As our script posts, which waits for no answer.
        answer = await browser.post(
            path,
            data={"form": form, "once": f"post {self.posts}", **fields},
            headers={"Accept": "application/json"},
        )
        assert answer.is_success, answer.text

    async def _shown(self, browser: httpx.AsyncClient, private: str, line: str) -> Shown:
        (bubble,) = _BUBBLE.findall(line)
        link = _FILE.search(bubble)
        file = None if link is None else (await browser.get(unescape(link[1]))).text
        text = (
            bubble.partition('<p><a class="file"')[0].strip().replace("</p><p>", "\n\n").replace("<br>", "\n")
        )
        shown = unescape(re.sub(r"<[^>]+>", "", text)).strip()
        return Shown(shown, tuple(map(unescape, _DATA.findall(line))), file, protected=bool(private))

    async def _settled(self, address: str) -> None:
        """Wait until it is noted what was seen."""
        query = """
            SELECT count(*) = 0 FROM page_message m JOIN page_session s ON s.id = m.session_id
            WHERE s.digest = $1 AND m.ours AND m.seen_at IS NULL"""
        await until(partial(self.pool.fetchval, query, bytes.fromhex(address)))


@asynccontextmanager
async def web_bench(server: EmbeddedPostgres) -> AsyncIterator[Bench]:
    """Open the channel over a database of its own, and serve its page."""
    clock, came = SystemClock(), list[Incoming]()

    async def take(incoming: Incoming) -> Sequence[Message]:
        if incoming.update not in {one.update for one in came}:
            came.append(incoming)
        return ()

    async with AsyncExitStack() as stack:
        databases = await stack.enter_async_context(fresh_database(server))
        pool = await stack.enter_async_context(open_pool(databases.url("notifier"), "notifier", size=4))
        page = open_page(
            account="web",
            public_url=PUBLIC,
            pool=pool,
            ring=RING,
            store=Store(pool, Outbox(pool, StreamWriter(Client()), clock), Metrics()),
            voice=load_voice(load_catalogue(CATALOGUE)),
            tracker=ScriptedTracker(),
            clock=clock,
            take=take,
            lease=lambda role: Lease(pool, clock, role, "bench"),
            role="page",
        )
        messages = FaultyMessages(pool, RING)
        listener = await stack.enter_async_context(listening(Starlette(routes=page.routes(lambda _: None))))
        url = f"http://{HOST}:{listener.port}"
        yield WebBench(WebChannel("web", PUBLIC, messages), pool, page, messages, url, came, stack)
