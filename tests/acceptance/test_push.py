"""A citizen without a messenger: scans, follows on the page, allows pushes, closes it, is told, and taps.

Real are the notifier, the page, its service worker, the encryption, the push service (ours, for no other can
be reached here) and the desktop's notifications. Chromium cannot speak with our push service, so what its
`PushManager` tells is put in its place, and what the push service decrypts is handed to its service worker.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client
from playwright.async_api import BrowserContext, Page, ViewportSize, async_playwright, expect

from sandbox.push.http import run_push
from sandbox.push.service import PushWorld, Subscription
from tests.acceptance.chromium import QUIET, find_chromium
from tests.acceptance.desktop import Desktop, Notification, desktop
from tests.conftest import Databases
from tests.integration.notifier.page_bench import TOKEN, CitizensPage, citizens_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
NARROW = ViewportSize(width=400, height=800)
SUBSCRIBING = """
(() => {
  let subscription = null;
  const ask = Notification.requestPermission.bind(Notification);
  window.asked = 0;
  Notification.requestPermission = () => { window.asked += 1; return ask(); };
  PushManager.prototype.getSubscription = async () => subscription;
  PushManager.prototype.subscribe = async (options) => {
    const key = btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)));
    const told = JSON.parse(await window.subscribeThere(key));
    const unsubscribe = async () => { subscription = null; return true; };
    subscription = { toJSON: () => told, options, unsubscribe };
    return subscription;
  };
})();
"""

CONTROLLED = """
() => new Promise((done) => {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) done();
  else serviceWorker.addEventListener("controllerchange", () => done(), { once: true });
})
"""


@dataclass
class Phone:
    """A browser with its notifications, the page of a notifier, and the push service."""

    context: BrowserContext
    blank: Page
    desktop: Desktop
    page: CitizensPage
    world: PushWorld

    async def follow(self) -> Page:
        """Scan the receipt's code and follow on the page."""
        page = await self.context.new_page()
        await page.goto(f"{self.page.url}/r/web/{TOKEN}?lang=en")
        await page.get_by_role("button", name=re.compile("^Yes")).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your documents")
        return page

    async def deliver(self, subscription: Subscription) -> dict[str, Any]:
        """Hand what arrives at the push service to the service worker; return what it says."""
        async with asyncio.timeout(15):
            push = await subscription.next()
        plain = subscription.keys.read(push.body).decode()
        session = await self.context.new_cdp_session(self.blank)
        registered: asyncio.Queue[str] = asyncio.Queue()

        def note(event: dict[str, Any]) -> None:
            for one in event["registrations"]:
                registered.put_nowait(one["registrationId"])

        session.on("ServiceWorker.workerRegistrationUpdated", note)
        await session.send("ServiceWorker.enable")
        async with asyncio.timeout(15):
            identity = await registered.get()
        told = {"origin": self.page.url, "registrationId": identity, "data": plain}
        await session.send("ServiceWorker.deliverPushMessage", told)
        await session.detach()
        found: dict[str, Any] = json.loads(plain)
        return found

    async def shown(self) -> Notification:
        """Wait for a notification."""
        async with asyncio.timeout(15):
            return await self.desktop.shown.get()


@asynccontextmanager
async def browser_of(found: Desktop, profile: Path) -> AsyncIterator[BrowserContext]:
    """Run a browser with a profile of its own, which alone has notifications that can be tapped."""
    flags = ["--no-sandbox", *QUIET] if os.geteuid() == 0 else QUIET
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_chromium(),
            headless=True,
            args=flags,
            viewport=NARROW,
            locale="en-GB",
            env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": found.address},
        )
        context.set_default_timeout(15_000)
        try:
            yield context
        finally:
            await context.close()


@pytest_asyncio.fixture
async def phone(
    nats_url: str, nats_client: Client, databases: Databases, tmp_path: Path
) -> AsyncIterator[Phone]:
    """All of it, with a document behind a receipt."""
    async with (
        run_push() as world,
        citizens_page(nats_url, nats_client, databases, vapid_key=KEY, push_loopback=True) as page,
        desktop() as found,
        browser_of(found, tmp_path) as context,
    ):
        page.script.document()
        await context.grant_permissions(["notifications"], origin=page.url)
        await context.add_init_script(SUBSCRIBING)
        yield Phone(context, context.pages[0], found, page, world)


async def subscribing(phone: Phone, page: Page) -> Subscription:
    """Tap the button and let the browser subscribe at our push service."""
    made: list[Subscription] = []

    async def subscribe(_: object, key: str) -> str:
        made.append(phone.world.subscribe(key.replace("+", "-").replace("/", "_").rstrip("=")))
        return json.dumps(phone.world.described(made[-1]))

    await page.expose_binding("subscribeThere", subscribe)
    begin, stop = (
        page.get_by_role("button", name=name) for name in ("Tell me on this device", "Tell me nothing more")
    )
    await expect(stop).to_be_hidden()
    await begin.click()
    await expect(page.get_by_text("This device tells you when there is news.")).to_be_visible()
    await expect(stop).to_be_visible()
    await expect(begin).to_be_hidden()
    (subscription,) = made
    return subscription


async def test_a_stage_arrives_as_a_push_and_a_tap_opens_it(phone: Phone) -> None:
    """Who closed the page is told on the device, as much as they chose, and one tap opens where it stands."""
    page = await phone.follow()
    before = await page.evaluate("window.asked")
    subscription = await subscribing(phone, page)
    after = await page.evaluate("window.asked")
    await page.close()

    await phone.page.tell(stage="arrived", office="centre")
    told = await phone.deliver(subscription)
    notification = await phone.shown()
    async with phone.context.expect_page() as opening:
        await phone.desktop.tap(notification)
    opened = await opening.value

    assert (0, 1) == (before, after)
    assert ("News of your document", "News of your document") == (told["title"], notification.title)
    assert "arrived" not in notification.body.lower()
    await expect(opened).to_have_url(f"{phone.page.url}/p")
    await expect(opened.locator("#documents")).to_contain_text("Ready to collect")


async def test_a_tap_brings_the_open_page_to_the_front(phone: Phone) -> None:
    """Where the page is open, a tap brings it to the front; who chose so reads the stage on the device."""
    page = await phone.follow()
    subscription = await subscribing(phone, page)
    await page.goto(f"{phone.page.url}/p/settings")
    await page.get_by_role("button", name="The document and its stage").click()
    chosen = page.get_by_role("button", name="The document and its stage", pressed=True)
    await expect(chosen).to_be_visible()
    await phone.page.tell(stage="arrived", office="centre")
    await phone.deliver(subscription)
    notification = await phone.shown()
    pages = len(phone.context.pages)

    await phone.desktop.tap(notification)

    await expect(page).to_have_url(f"{phone.page.url}/p")
    assert "Passport for travel abroad: Ready to collect" == notification.title
    assert pages == len(phone.context.pages)


async def test_without_a_connection_the_last_state_stands_with_its_time(phone: Phone) -> None:
    """Who has no connection sees what was known last, and when; nothing once the page is closed."""
    page = await phone.follow()
    await page.evaluate(CONTROLLED)
    await page.reload()
    await expect(page.locator("#kept")).to_be_hidden()
    await phone.context.set_offline(offline=True)

    await page.goto(f"{phone.page.url}/p")
    await expect(page.locator("#kept")).to_contain_text(re.compile(r"This is what we knew then:.*20\d\d"))
    await expect(page.locator("#documents")).to_contain_text("Being made")
    await page.goto(f"{phone.page.url}/p/settings")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no connection")

    await phone.context.set_offline(offline=False)
    await page.goto(f"{phone.page.url}/p/settings")
    await page.get_by_role("button", name="Take this page off this browser").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your page is closed")
    await phone.context.set_offline(offline=True)
    await page.goto(f"{phone.page.url}/p")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no connection")
