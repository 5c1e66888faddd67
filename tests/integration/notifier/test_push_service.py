"""Posting to a push service over real HTTP: every answer, every fault, and who we say that we are."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from runtime.clock import SystemClock
from sandbox.push.http import run_push
from sandbox.push.service import Fault, PushWorld, Subscription
from services.notifier.channels.web.push_encryption import encrypted
from services.notifier.channels.web.push_service import (
    FAILURES,
    REST_SECONDS,
    PushService,
    Timeouts,
    open_push_service,
    wait_of,
)
from services.notifier.channels.web.vapid import Vapid
from services.notifier.domain.addresses.pushes import (
    Gone,
    Later,
    Outcome,
    Refused,
    Taken,
    tag_of,
)
from tests.integration.notifier.push_peer import FakeTime, subscription_of

KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
CONTACT = "https://docs.agency.example"
NOW = FakeTime.START


@pytest.fixture
async def world() -> AsyncIterator[PushWorld]:
    """A push service."""
    async with run_push() as found:
        yield found


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    """Ours that posts, in little time."""
    async with open_push_service(SystemClock(), loopback=True, timeouts=Timeouts(0.5, 1.0)) as found:
        yield found


async def pushed(
    service: PushService, world: PushWorld, to: Subscription, plain: bytes = b"news", **headers: str
) -> Outcome:
    """Push something by our key."""
    subscription = subscription_of(world, to)
    usual = {
        "Authorization": Vapid(KEY, CONTACT).authorization(subscription.origin, SystemClock().now()),
        "Content-Encoding": "aes128gcm",
        "TTL": "60",
        "Topic": tag_of("thread"),
        "Urgency": "high",
    }
    return await service.post(subscription, encrypted(plain, subscription), {**usual, **headers})


def subscribed(world: PushWorld) -> Subscription:
    """A browser that subscribed for our key."""
    return world.subscribe(Vapid(KEY, CONTACT).public_key)


async def test_what_is_taken_is_read_by_the_browser(world: PushWorld, service: PushService) -> None:
    """A push service takes it with its signature, life, urgency and topic, and the browser decrypts it."""
    browser = subscribed(world)

    assert Taken() == await pushed(service, world, browser)
    push = await browser.next()
    assert (60, "high", tag_of("thread"), b"news") == (
        push.ttl,
        push.urgency,
        push.topic,
        browser.keys.read(push.body),
    )


async def test_a_newer_stage_takes_the_place_of_an_older(world: PushWorld, service: PushService) -> None:
    """A browser that comes back on line is told the newest of a topic, and of each topic one."""
    browser = subscribed(world)
    for plain, thread in ((b"1", "a"), (b"2", "a"), (b"3", "b"), (b"4", "a")):
        assert Taken() == await pushed(service, world, browser, plain, Topic=tag_of(thread))

    assert [b"3", b"4"] == [browser.keys.read(push.body) for push in browser.waiting]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Taken()),
        (201, Taken()),
        (202, Taken()),
        (204, Taken()),
        (400, Refused("HTTP 400")),
        (401, Refused("HTTP 401")),
        (403, Refused("HTTP 403")),
        (404, Gone()),
        (410, Gone()),
        (413, Refused("HTTP 413")),
        (429, Later(30.0, "HTTP 429")),
        (500, Later(30.0, "HTTP 500")),
        (502, Later(30.0, "HTTP 502")),
        (503, Later(30.0, "HTTP 503")),
    ],
)
async def test_what_an_answer_means(
    world: PushWorld, service: PushService, status: int, outcome: Outcome
) -> None:
    """Each answer of a push service has its outcome."""
    world.faults.append(Fault("status", status))

    assert outcome == await pushed(service, world, subscribed(world))


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("5", 5.0),
        ("0", 1.0),
        ("-3", 1.0),
        ("1e9", 3600.0),
        ("inf", 30.0),
        ("nan", 30.0),
        ("soon", 30.0),
        (None, 30.0),
        ("Mon, 30 Nov 2026 12:02:00 GMT", 120.0),
        ("Mon, 30 Nov 2020 12:02:00 GMT", 1.0),
        ("Mon, 30 Nov 2026 12:02:00 -0000", 30.0),
        ("Mon, 99 Nov 99999999999 12:02:00 GMT", 30.0),
    ],
)
def test_when_to_come_again(retry_after: str | None, seconds: float) -> None:
    """A push service says in seconds or by a date when to come again; between a second and an hour."""
    assert seconds == wait_of(retry_after, NOW)


async def test_throttled_by_its_own_word(world: PushWorld, service: PushService) -> None:
    """What is throttled comes again when the push service says."""
    world.faults.append(Fault("status", 429, {"Retry-After": "7"}))

    assert Later(7.0, "HTTP 429") == await pushed(service, world, subscribed(world))


async def test_a_body_that_is_too_long(world: PushWorld, service: PushService) -> None:
    """A push service of this strictness refuses more than 4096 bytes."""
    subscription = subscription_of(world, subscribed(world))
    body = encrypted(b"x" * 3993, subscription) + b"x"

    assert Refused("HTTP 413") == await service.post(subscription, body, {"TTL": "1"})


async def test_somebody_elses_signature_is_refused(world: PushWorld, service: PushService) -> None:
    """Only the server that a browser subscribed for may push to it, for this push service, for a day."""
    browser = subscribed(world)
    other = Vapid("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", CONTACT)
    ours, now = Vapid(KEY, CONTACT), SystemClock().now()
    ways = {
        "": 401,
        other.authorization(world.origin, now): 403,
        ours.authorization("https://push.example.net", now): 401,
        ours.authorization(world.origin, now - timedelta(days=2)): 401,
        ours.authorization(world.origin, now + timedelta(days=2)): 401,
        Vapid(KEY, "nobody").authorization(world.origin, now): 401,
    }

    found = {way: await pushed(service, world, browser, Authorization=way) for way in ways}

    assert {way: Refused(f"HTTP {status}") for way, status in ways.items()} == found


def test_one_signature_serves_for_an_hour() -> None:
    """A token is signed once an hour for each push service, and never one that is of another."""
    ours = Vapid(KEY, CONTACT)
    first = ours.authorization("https://a.example", NOW)

    assert first == ours.authorization("https://a.example", NOW + timedelta(minutes=59))
    assert first != ours.authorization("https://a.example", NOW + timedelta(minutes=61))
    assert first != ours.authorization("https://b.example", NOW)
    assert first != ours.authorization("https://a.example", NOW - timedelta(seconds=1))


async def test_a_connection_that_breaks_or_none(world: PushWorld, service: PushService) -> None:
    """Whatever the network does, the same may be pushed again."""
    browser = subscribed(world)
    world.faults.append(Fault("drop"))
    dropped = await pushed(service, world, browser)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        world.origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
        unconnected = await pushed(service, world, browser)

    assert [Later, Later] == [type(dropped), type(unconnected)]
    assert "127.0.0.1" not in repr((dropped, unconnected))


async def test_a_service_that_fails_is_left_alone_for_a_while(world: PushWorld) -> None:
    """After some failures in a row nothing is asked of a push service, for half a minute; others go on."""
    clock = FakeTime()
    async with (
        open_push_service(clock, loopback=True) as service,
        run_push() as other,
    ):
        browser = subscribed(world)
        world.faults += [Fault("status", 503)] * FAILURES
        failed = [await pushed(service, world, browser) for _ in range(FAILURES)]
        resting = await pushed(service, world, browser)
        elsewhere = await pushed(service, other, subscribed(other))
        clock.pass_by(REST_SECONDS + 1)
        after = await pushed(service, world, browser)

    assert [Later(30.0, "HTTP 503")] * FAILURES == failed
    assert Later(REST_SECONDS, "its push service fails too often") == resting
    assert (Taken(), Taken()) == (elsewhere, after)
    assert FAILURES + 1 == world.requests


async def test_gone_and_throttled_browsers_are_no_failures_of_the_service(
    world: PushWorld, service: PushService
) -> None:
    """Browsers that are gone, however many, do not keep others from being told."""
    browser = subscribed(world)
    world.faults += [Fault("status", status) for status in (410, 404, 429)] * FAILURES
    for _ in range(3 * FAILURES):
        await pushed(service, world, browser)

    assert Taken() == await pushed(service, world, browser)


async def test_no_answer_in_time(world: PushWorld, service: PushService) -> None:
    """A push service that does not answer is waited for a second here, and no longer."""
    world.faults.append(Fault("hang"))
    begun = time.monotonic()

    assert Later(30.0, "no answer in time") == await pushed(service, world, subscribed(world))
    assert time.monotonic() - begun < 3


async def test_many_at_once_share_no_bound(world: PushWorld, service: PushService) -> None:
    """Pushes that hang take no place from those to another push service."""
    async with run_push() as other:
        world.faults += [Fault("hang")] * 60
        hanging = [
            asyncio.create_task(pushed(service, world, browser)) for browser in [subscribed(world)] * 60
        ]
        taken = await pushed(service, other, subscribed(other))
        await asyncio.gather(*hanging)

    assert Taken() == taken


async def test_nothing_but_public_addresses_without_a_sandbox(world: PushWorld) -> None:
    """Where no push service on this machine is allowed, none is connected to."""
    async with open_push_service(SystemClock(), loopback=False) as service:
        found = await pushed(service, world, subscribed(world))

    assert Refused("its address is not public") == found
    assert 0 == world.requests
