"""The world of the phones' browsers: whose page is open, what their push service brings, what comes up."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.links import secret_in
from sandbox.browser.model import Browser, BrowserChanged, CameUp, Event, Shown
from sandbox.browser.store import Store
from sandbox.browser.visit import Visit
from sandbox.deeds import BadDeedError
from sandbox.push.reading import BrowserKeys, UnreadableError, bytes_of, written
from sandbox.push.service import PushWorld, Subscription

WELCOME = "Your page is open on this phone and may tell you of news. Close it: pushes still come."


class Browsers:
    """All browsers; `language` says what a citizen reads, and raises UnknownThingError for who is none.

    Each listens to its push service while `listen` is called for it, and reads what comes by its own keys.
    """

    def __init__(
        self,
        public_url: str,
        store: Store,
        language: Callable[[int], str],
        now: Callable[[], datetime],
        publish: Callable[[Event], None],
    ) -> None:
        self.service = PushWorld()
        self._public_url = public_url
        self._store = store
        self._language = language
        self._now = now
        self._publish = publish
        self._listening: dict[int, asyncio.Task[None]] = {}
        self._browsers: dict[int, Browser] = {}

    def __iter__(self) -> Iterator[Browser]:
        return iter(self._browsers.values())

    def begin(self) -> None:
        """Take what the store has, and listen for each."""
        self._browsers = {one.citizen_id: one for one in self._store.browsers()}
        for browser in self._browsers.values():
            if browser.subscription and not browser.silent:
                self.service.origin = browser.origin
                self._listen(browser)

    async def end(self) -> None:
        """Listen no more, and close the store."""
        await self._deaf()
        self._store.close()

    def wipe(self) -> None:
        """Forget everybody and everything."""
        for task in self._listening.values():
            task.cancel()
        self._listening.clear()
        self._browsers.clear()
        self.service.subscriptions.clear()
        self._store.wipe()

    def of(self, citizen_id: int) -> Browser:
        """Return a citizen's browser; raise UnknownThingError."""
        self._language(citizen_id)
        return self._browsers.get(citizen_id) or Browser(citizen_id)

    def shown(self, citizen_id: int, after: int = 0) -> Iterator[Shown]:
        """Yield what came up on a phone, oldest first."""
        return self._store.shown_to(citizen_id, after)

    def last(self, citizen_id: int) -> Shown | None:
        """Return what came up last on a phone."""
        return self._store.last(citizen_id)

    async def opens(self, citizen_id: int, link: str, origin: str) -> Shown:
        """Follow a receipt on the page and let it push; raise WorldError.

        `origin` is where this service of pushes is, as the notifier reaches it.
        """
        secret = secret_in(link)
        if secret is None:
            raise BadDeedError("this is no link of a receipt")
        browser = self.of(citizen_id)
        visit = self._visit(browser)
        await visit.follow(secret)
        await self._subscribe(browser, visit, origin)
        return self._up(citizen_id, "Follow it here", WELCOME)

    async def silences(self, citizen_id: int, origin: str, *, silent: bool) -> Browser:
        """Take the leave to push away from the page, or give it again; raise WorldError."""
        browser = self.of(citizen_id)
        if silent:
            found = self.service.subscriptions.get(browser.subscription)
            if found is not None:
                found.gone = True
            return self._keep(replace(browser, silent=True))
        return await self._subscribe(browser, self._visit(browser), origin)

    async def code(self, citizen_id: int) -> str:
        """Return the address that opens the same page in the browser of whoever plays; raise WorldError."""
        browser = self.of(citizen_id)
        visit = self._visit(browser)
        code = await visit.code()
        self._keep(replace(browser, cookies=visit.cookies))
        return f"{self._public_url}/p/open/{code}"

    def reads(self, citizen_id: int) -> Browser:
        """Let a citizen look at what came up."""
        return self._keep(replace(self.of(citizen_id), unread=0))

    async def _subscribe(self, browser: Browser, visit: Visit, origin: str) -> Browser:
        self.service.origin = origin
        key, path = await visit.push_key()
        found = self.service.subscribe(key)
        await visit.subscribe(path, self.service.described(found))
        kept = self._keep(
            replace(
                browser,
                cookies=visit.cookies,
                subscription=found.id,
                origin=origin,
                private=f"{found.keys.private.private_numbers().private_value:x}",
                auth=found.keys.auth.hex(),
                application_key=written(found.application_key),
                silent=False,
            )
        )
        self._listen(kept)
        return kept

    def _visit(self, browser: Browser) -> Visit:
        return Visit(self._public_url, self._language(browser.citizen_id), dict(browser.cookies))

    def _listen(self, browser: Browser) -> None:
        if (before := self._listening.pop(browser.citizen_id, None)) is not None:
            before.cancel()
        subscription = self.service.subscriptions.get(browser.subscription) or self._restored(browser)
        task = asyncio.create_task(self._take(browser.citizen_id, subscription), name="pushes to a phone")
        self._listening[browser.citizen_id] = task

    def _restored(self, browser: Browser) -> Subscription:
        private = ec.derive_private_key(int(browser.private, 16), ec.SECP256R1())
        keys = BrowserKeys(private, bytes.fromhex(browser.auth))
        found = Subscription(browser.subscription, keys, bytes_of(browser.application_key))
        self.service.subscriptions[found.id] = found
        return found

    async def _take(self, citizen_id: int, subscription: Subscription) -> None:
        while True:
            push = await subscription.next()
            try:
                told = orjson.loads(subscription.keys.read(push.body))
            except (UnreadableError, ValueError):
                continue
            self._up(citizen_id, str(told.get("title", "")), str(told.get("body", "")))

    def _up(self, citizen_id: int, title: str, body: str) -> Shown:
        last = self._store.last(citizen_id)
        number = 1 if last is None else last.message_id + 1
        shown = Shown(citizen_id, number, title, body, self._now())
        self._store.put_shown(shown)
        browser = self.of(citizen_id)
        self._keep(replace(browser, unread=browser.unread + 1))
        self._publish(CameUp(shown))
        return shown

    def _keep(self, browser: Browser) -> Browser:
        self._browsers[browser.citizen_id] = browser
        self._store.put_browser(browser)
        self._publish(BrowserChanged(browser))
        return browser

    async def _deaf(self) -> None:
        tasks = list(self._listening.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
