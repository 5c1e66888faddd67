"""The page on a device: how it is installed, how a browser subscribes, and a stage that arrives as a push."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from nats.aio.client import Client

from sandbox.push.http import run_push
from sandbox.push.service import Fault, PushWorld, Subscription
from services.notifier.channels.web.vapid import Vapid
from services.notifier.domain.addresses.pushes import LONGEST_SUBSCRIPTION
from tests.conftest import Databases
from tests.integration.notifier.page_bench import CitizensPage, citizens_page, following_one, form_of

KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
PUBLIC_KEY = Vapid(KEY, "x").public_key
PUSH = "/p/push"


@pytest.fixture
async def world() -> AsyncIterator[PushWorld]:
    """A push service on this machine."""
    async with run_push() as found:
        yield found


@pytest.fixture
async def page(nats_url: str, nats_client: Client, databases: Databases) -> AsyncIterator[CitizensPage]:
    """A notifier that pushes, and its page."""
    settings = {"vapid_key": KEY, "push_loopback": True}
    async with citizens_page(nats_url, nats_client, databases, **settings) as found:
        found.script.document()
        yield found


async def subscribed(world: PushWorld, browser: httpx.AsyncClient) -> Subscription:
    """Subscribe as the page's script does."""
    subscription = world.subscribe(PUBLIC_KEY)
    answer = await browser.post(PUSH, json=world.described(subscription))
    assert 204 == answer.status_code, answer.text
    return subscription


async def read(subscription: Subscription) -> dict[str, str]:
    """Wait for a push and read it as the browser does."""
    async with asyncio.timeout(10):
        push = await subscription.next()
    found: dict[str, str] = json.loads(subscription.keys.read(push.body))
    return found | {"urgency": push.urgency, "topic": push.topic or ""}


async def test_the_page_can_be_installed(page: CitizensPage) -> None:
    """The page names a manifest in its language, the worker's scope is the page, what they name is there."""
    async with page.browser() as browser, page.browser() as without_cookie:
        shown = await following_one(browser)
        manifest = await without_cookie.get("/p/manifest.webmanifest?lang=uk")
        worker = await browser.get("/p/worker.js")
        icons = [await browser.get(one["src"]) for one in manifest.json()["icons"]]
        constants = [line for line in worker.text.splitlines() if line.startswith("const FILES")]
        files = [await browser.get(one) for one in json.loads(constants[0].partition(" = ")[2].rstrip(";"))]

    told = manifest.json()
    assert '<link rel="manifest" href="/p/manifest.webmanifest?lang=en">' in shown.text
    assert ("uk", "/p", "/p", "standalone") == (
        told["lang"],
        told["start_url"],
        told["scope"],
        told["display"],
    )
    assert told["name"].startswith("Документи · ")
    assert "application/manifest+json" == manifest.headers["content-type"]
    assert "/p" == worker.headers["service-worker-allowed"]
    assert "no-cache" == worker.headers["cache-control"]
    assert [200] * 7 == [answer.status_code for answer in (*icons, *files)]
    assert {"image/png"} == {icon.headers["content-type"] for icon in icons}
    assert sum(len(answer.content) for answer in (worker, *files, *icons)) < 100_000


async def test_without_a_connection_there_is_a_page(page: CitizensPage) -> None:
    """What stands for the page without a connection holds nothing of anybody's, and forms neither."""
    async with page.browser() as browser:
        await following_one(browser)
        offline = await browser.get("/p/offline")
        kept = await browser.get("/p")
        farewell = await browser.get("/p/farewell")
        settings = await browser.get("/p/settings")

    assert "There is no connection" in offline.text
    assert "…4567" not in offline.text
    assert "<form" not in offline.text
    assert ["this", "nothing", None, None] == [
        answer.headers.get("docwatch-keep") for answer in (kept, farewell, settings, offline)
    ]


async def test_a_stage_arrives_as_a_push(page: CitizensPage, world: PushWorld) -> None:
    """Who wants it is told of a stage on the device: only that there is news, unless they chose more."""
    async with page.browser() as browser:
        await following_one(browser)
        device = await subscribed(world, browser)
        await page.tell(stage="arrived")
        brief = await read(device)
        form = form_of(await browser.get("/p/settings"))
        await browser.post("/p/push/detail", data={"form": form, "detail": "all"})
        await page.tell(stage="issued")
        whole = await read(device)

    assert ("News of your document", "", "/p", "en", "high") == (
        brief["title"],
        brief["body"],
        brief["url"],
        brief["lang"],
        brief["urgency"],
    )
    assert ("Passport for travel abroad: Handed over", "normal") == (whole["title"], whole["urgency"])
    assert "4567" not in json.dumps([brief, whole])
    assert brief["tag"] == brief["topic"] == whole["topic"]


async def test_the_code_phrase_tells_that_it_is_us(page: CitizensPage, world: PushWorld) -> None:
    """Whoever chose a phrase reads it on the device, too."""
    async with page.browser() as browser:
        await following_one(browser)
        device = await subscribed(world, browser)
        form = form_of(await browser.get("/p/settings"))
        phrase = {"form": form, "once": "1", "what": "phrase", "value": "amber leaf"}
        await browser.post("/p/settings", data=phrase)
        await page.tell(stage="arrived")

        assert "Your code phrase: amber leaf" == (await read(device))["body"]


async def test_what_no_device_took_is_pushed_again(page: CitizensPage, world: PushWorld) -> None:
    """A push that nobody took comes again when the push service says, and stands on the page once."""
    async with page.browser() as browser:
        await following_one(browser)
        device = await subscribed(world, browser)
        before = await page.pool.fetchval("SELECT count(*) FROM page_message WHERE ours")
        world.faults.append(Fault("status", 429, {"Retry-After": "1"}))
        await page.tell(stage="arrived")
        told = await read(device)
        stored = await page.pool.fetchval("SELECT count(*) FROM page_message WHERE ours")

    assert "News of your document" == told["title"]
    assert 2 == world.requests
    assert before + 1 == stored


async def test_who_leaves_is_pushed_nothing(page: CitizensPage, world: PushWorld) -> None:
    """A device that takes the page off, or wants no more pushes, has no subscription left."""
    async with page.browser() as browser:
        await following_one(browser)
        await subscribed(world, browser)
        stopped = await browser.delete(PUSH)
        after_stop = await page.pool.fetchval("SELECT count(*) FROM push_subscription")
        await subscribed(world, browser)
        form = form_of(await browser.get("/p/settings"))
        await browser.post("/p/settings", data={"form": form, "once": "1", "what": "leave"})
        after_leave = await page.pool.fetchval("SELECT count(*) FROM push_subscription")
        gone = await browser.post(PUSH, json=world.described(world.subscribe(PUBLIC_KEY)))

    assert (204, 0, 0, 403) == (stopped.status_code, after_stop, after_leave, gone.status_code)


async def test_who_has_everything_erased_leaves_no_subscription(page: CitizensPage, world: PushWorld) -> None:
    """After everything was erased nothing is stored of a device, whatever comes of the last answer."""
    async with page.browser() as browser:
        await following_one(browser)
        device = await subscribed(world, browser)
        form = form_of(await browser.get("/p/settings"))
        await browser.post("/p/tap", data={"form": form, "once": "1", "data": "f"})
        stored = await page.pool.fetchval("SELECT count(*) FROM push_subscription")

    assert (0, []) == (stored, device.waiting)


async def test_only_the_page_itself_subscribes(page: CitizensPage, world: PushWorld) -> None:
    """Nobody's browser is made to subscribe by another site, or with what is no subscription."""
    described = world.described(world.subscribe(PUBLIC_KEY))
    async with page.browser() as browser, page.browser() as stranger:
        await following_one(browser)
        answers = [
            await browser.post(PUSH, json=described, headers={"Origin": "https://evil.example"}),
            await browser.post(PUSH, json=described, headers={"Origin": "null"}),
            await browser.request("DELETE", PUSH, headers={"Origin": "https://evil.example"}),
            await stranger.post(PUSH, json=described),
            await browser.post(PUSH, data={"endpoint": "x"}),
            await browser.post(PUSH, json={**described, "endpoint": "http://10.0.0.1/x"}),
            await browser.post(PUSH, json={**described, "padding": "x" * LONGEST_SUBSCRIPTION}),
            await browser.post(PUSH, content=b"[", headers={"Content-Type": "application/json"}),
        ]
        stored = await page.pool.fetchval("SELECT count(*) FROM push_subscription")

    assert [403, 403, 403, 403, 415, 400, 413, 400] == [answer.status_code for answer in answers]
    assert 0 == stored


async def test_without_a_key_nothing_is_offered(
    nats_url: str, nats_client: Client, databases: Databases
) -> None:
    """An agency without a key has a page that can be installed and pushes nothing."""
    async with citizens_page(nats_url, nats_client, databases) as page, page.browser() as browser:
        page.script.document()
        shown = await following_one(browser)
        settings = await browser.get("/p/settings")
        refused = await browser.post(PUSH, json={})

    assert 'data-key=""' in shown.text
    assert "Tell me on this device" not in settings.text
    assert 405 == refused.status_code
