"""Pushes to the devices of a session: who is pushed to, what is stored of them, what ends a subscription."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from runtime.clock import SystemClock
from runtime.database.postgres import Pool, open_pool
from runtime.keyring import KeyRing
from sandbox.push.http import run_push
from sandbox.push.service import Fault, PushWorld, Subscription
from services.notifier.channels.web.push import Pushes
from services.notifier.channels.web.push_service import open_push_service
from services.notifier.channels.web.push_subscriptions import Subscriptions
from services.notifier.channels.web.sessions import Session, Sessions
from services.notifier.channels.web.vapid import Vapid
from services.notifier.domain.addresses.pushes import (
    GIVEN_UP_AFTER,
    WAITED_FOR,
    Gone,
    Later,
    PushMessage,
    PushResult,
    PushSubscription,
    Refused,
    Taken,
    tag_of,
)
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.rotation import rotate
from tests.conftest import Databases
from tests.integration.notifier.push_peer import subscription_of

RING = KeyRing([("k1", bytes(32))], PURPOSE)
KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
NEWS = PushMessage("News of your document", "Your code phrase: amber", tag_of("thread"), "./", "en")


@dataclass
class Bench:
    """Sessions, their devices and a push service."""

    pool: Pool
    world: PushWorld
    sessions: Sessions
    subscriptions: Subscriptions
    pushes: Pushes
    counted: list[str]

    async def session(self) -> Session:
        """Begin a session."""
        session, _ = await self.sessions.begin("uk")
        return session

    async def further_device(self, session: Session) -> Session:
        """Open a session, which is somebody's from now on, in one more browser."""
        await self.pool.execute("UPDATE page_session SET address_id = id WHERE id = $1", session.id)
        used = await self.sessions.use_pass(await self.sessions.give_pass(session) or "")
        assert used is not None
        return used[0]

    async def subscribed(self, session: Session) -> Subscription:
        """Let the browser of a session subscribe."""
        browser = self.world.subscribe(Vapid(KEY, "x").public_key)
        assert await self.subscriptions.put(session.device_id, subscription_of(self.world, browser))
        return browser

    async def failing_for(self, session: Session, since: timedelta) -> None:
        """Have a device taken nothing for so long."""
        await self.pool.execute(
            "UPDATE push_subscription SET failing_since = now() - $2::interval WHERE device_id = $1",
            session.device_id,
            since,
        )

    async def stored(self) -> int:
        """Count the subscriptions."""
        count: int = await self.pool.fetchval("SELECT count(*) FROM push_subscription")
        return count


@pytest.fixture
async def bench(databases: Databases) -> AsyncIterator[Bench]:
    """All of it on a fresh database."""
    async with (
        open_pool(databases.url("notifier"), "notifier") as pool,
        run_push() as world,
        open_push_service(SystemClock(), loopback=True) as service,
    ):
        subscriptions, counted = Subscriptions(pool, RING), list[str]()
        pushes = Pushes(
            subscriptions, service, Vapid(KEY, "https://docs.agency.example"), SystemClock(), counted.append
        )
        yield Bench(pool, world, Sessions(pool, RING), subscriptions, pushes, counted)


async def test_every_device_of_the_session_is_told_and_nobody_else(bench: Bench) -> None:
    """A message goes to all browsers of its session that subscribed, encrypted for each."""
    first = await bench.session()
    second, other = await bench.further_device(first), await bench.session()
    browsers = [await bench.subscribed(one) for one in (first, second)]
    stranger = await bench.subscribed(other)

    result = await bench.pushes.send(first.address, NEWS)

    assert PushResult([Taken(), Taken()], [Taken(), Taken()]) == result
    read = [browser.keys.read(browser.waiting[0].body) for browser in browsers]
    assert [NEWS.payload()] * 2 == read
    assert [] == stranger.waiting


async def test_without_a_device_nothing_is_done(bench: Bench) -> None:
    """A session without subscriptions, or one that is over, is no failure: there is nobody to push to."""
    session = await bench.session()

    assert PushResult() == await bench.pushes.send(session.address, NEWS)
    assert PushResult() == await bench.pushes.send("00" * 32, NEWS)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone_is_forgotten(bench: Bench, status: int) -> None:
    """A browser that the push service does not know any more is pushed to no more."""
    session = await bench.session()
    await bench.subscribed(session)
    bench.world.faults.append(Fault("status", status))

    assert PushResult([Gone()], [Gone()]) == await bench.pushes.send(session.address, NEWS)
    assert 0 == await bench.stored()


async def test_a_subscription_that_was_renewed_meanwhile_stays(bench: Bench) -> None:
    """What a browser subscribed anew while the old one was found to be gone is kept."""
    session = await bench.session()
    await bench.subscribed(session)
    (old,) = await bench.subscriptions.of(session.address)
    browser = await bench.subscribed(session)
    await bench.subscriptions.note(gone=[old], took=[], took_nothing=[])

    assert 1 == (await bench.pushes.send(session.address, NEWS)).taken
    assert 1 == len(browser.waiting)


async def test_a_device_that_fails_is_waited_for_an_hour_and_forgotten_after_two_weeks(bench: Bench) -> None:
    """A device that takes nothing keeps a message for an hour, and after two weeks it is forgotten."""
    session = await bench.session()
    await bench.subscribed(session)
    later = Later(30.0, "HTTP 500")
    results = []
    for since in (timedelta(), WAITED_FOR + timedelta(minutes=1), GIVEN_UP_AFTER + timedelta(minutes=1)):
        bench.world.faults.append(Fault("status", 500))
        if since:
            await bench.failing_for(session, since)
        results.append((await bench.pushes.send(session.address, NEWS), await bench.stored()))

    assert [
        (PushResult([later], [later]), 1),
        (PushResult([later], []), 1),
        (PushResult([later], []), 0),
    ] == results


async def test_a_device_that_takes_something_has_failed_no_more(bench: Bench) -> None:
    """One push that is taken, or a subscription anew, and the time of failures begins anew."""
    session = await bench.session()
    browser = await bench.subscribed(session)
    await bench.failing_for(session, timedelta(days=13))
    known = [await bench.subscriptions.knows(session.device_id, subscription_of(bench.world, browser))]

    await bench.pushes.send(session.address, NEWS)
    known.append(await bench.subscriptions.knows(session.device_id, subscription_of(bench.world, browser)))

    assert [False, True] == known


async def test_one_device_that_took_it_is_enough(bench: Bench) -> None:
    """Where one device took it, the message counts as pushed, whatever became of it at others."""
    first = await bench.session()
    second = await bench.further_device(first)
    await bench.subscribed(first)
    await bench.subscribed(second)
    bench.world.faults.append(Fault("status", 403))

    result = await bench.pushes.send(first.address, NEWS)

    assert {Taken(), Refused("HTTP 403")} == set(result.outcomes)
    assert ["refused", "taken"] == sorted(bench.counted)
    assert (1, None) == (result.taken, result.again_in)


async def test_a_browser_tells_what_one_session_hears(bench: Bench) -> None:
    """A browser that shows another session now is told of that one only, even under a new key of ours."""
    first, second = await bench.session(), await bench.session()
    browser = await bench.subscribed(first)
    subscription = subscription_of(bench.world, browser)
    newer = Subscriptions(bench.pool, KeyRing([("k2", b"2" * 32), ("k1", bytes(32))], PURPOSE))

    assert await newer.put(second.device_id, subscription)
    assert not await bench.subscriptions.knows(first.device_id, subscription)
    assert await newer.knows(second.device_id, subscription)
    assert 1 == await bench.stored()


async def test_who_leaves_is_pushed_to_no_more(bench: Bench) -> None:
    """A device that shows the session no more has no subscription, and can have none."""
    session = await bench.session()
    browser = await bench.subscribed(session)
    await bench.sessions.leave(session)

    assert 0 == await bench.stored()
    assert not await bench.subscriptions.put(session.device_id, subscription_of(bench.world, browser))
    assert not await bench.subscriptions.put(uuid4(), subscription_of(bench.world, browser))


async def test_who_stops_is_pushed_to_no_more(bench: Bench) -> None:
    """A device that wants no more pushes has none, and the others of its session have theirs."""
    first = await bench.session()
    second = await bench.further_device(first)
    await bench.subscribed(first)
    browser = await bench.subscribed(second)
    await bench.subscriptions.drop(first.device_id)

    assert 1 == (await bench.pushes.send(first.address, NEWS)).taken
    assert 1 == len(browser.waiting)


async def test_nothing_of_a_browser_stands_in_the_database(bench: Bench) -> None:
    """Neither the address of a browser nor its keys can be read in the table."""
    session = await bench.session()
    subscription = subscription_of(bench.world, await bench.subscribed(session))
    rows = await bench.pool.fetch("SELECT p::text AS row, box, lookup FROM push_subscription p")

    stored = b"".join(row["row"].encode() + row["box"] + row["lookup"] for row in rows)
    for secret in (subscription.endpoint.encode(), subscription.p256dh, subscription.auth, b"127.0.0.1"):
        assert secret not in stored


async def test_a_key_that_is_none_is_as_good_as_gone(bench: Bench) -> None:
    """Somebody who posts a key that is no point of the curve is forgotten at the first push."""
    session = await bench.session()
    subscription = subscription_of(bench.world, await bench.subscribed(session))
    broken = PushSubscription(subscription.endpoint, b"\x04" + bytes(64), subscription.auth)
    await bench.subscriptions.put(session.device_id, broken)

    assert PushResult([Gone()], [Gone()]) == await bench.pushes.send(session.address, NEWS)
    assert (0, 0) == (await bench.stored(), bench.world.requests)


async def test_the_same_pushed_again_shows_once(bench: Bench) -> None:
    """A push that is repeated, for nobody knows what became of it, takes the place of the first."""
    session = await bench.session()
    browser = await bench.subscribed(session)
    for _ in range(3):
        await bench.pushes.send(session.address, NEWS)

    assert 1 == len(browser.waiting)


async def test_what_no_key_opens_keeps_nobody_from_being_told(bench: Bench) -> None:
    """A subscription under a key that is lost is passed over."""
    first = await bench.session()
    second = await bench.further_device(first)
    await bench.subscribed(second)
    lost = Subscriptions(bench.pool, KeyRing([("k9", b"9" * 32)], PURPOSE))
    browser = bench.world.subscribe(Vapid(KEY, "x").public_key)
    await lost.put(first.device_id, subscription_of(bench.world, browser))

    assert PushResult([Taken()], [Taken()]) == await bench.pushes.send(first.address, NEWS)


async def test_subscriptions_go_over_to_a_new_key(bench: Bench) -> None:
    """After a rotation the old key can be taken out, and devices are found and told as before."""
    session = await bench.session()
    browser = await bench.subscribed(session)
    new = ("k2", b"2" * 32)
    done = await rotate(bench.pool, KeyRing([new, ("k1", bytes(32))], PURPOSE))
    rotated = Subscriptions(bench.pool, KeyRing([new], PURPOSE))

    assert (1, 0, {"k2": 1}) == (done.resealed, done.unreadable, done.left)
    assert await rotated.knows(session.device_id, subscription_of(bench.world, browser))
    assert [subscription_of(bench.world, browser)] == [
        device.subscription for device in await rotated.of(session.address)
    ]


async def test_subscribing_at_once_ends_in_one_subscription(bench: Bench) -> None:
    """However many posts of one device arrive at once, it has one subscription."""
    session = await bench.session()
    browsers = [bench.world.subscribe(Vapid(KEY, "x").public_key) for _ in range(20)]
    posts = (
        bench.subscriptions.put(session.device_id, subscription_of(bench.world, browser))
        for browser in browsers
    )
    await asyncio.gather(*posts)

    assert 1 == await bench.stored()
    assert isinstance(session.device_id, UUID)
