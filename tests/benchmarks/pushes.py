"""Pushes a second: `python -m tests.benchmarks.pushes [--pushes N]`.

The raw limit is another library's encryption and signature, posted by aiohttp alone to a server that answers
everything. Ours goes to the same server: encrypted, signed, posted and weighed, then with the subscription
read from PostgreSQL besides, as each message of the page is. The CPU is that of the process that sends.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack

import aiohttp
import uvloop
from webpush import WebPush, WebPushSubscription  # type: ignore[import-untyped]  # it has no types
from webpush.vapid import VAPID  # type: ignore[import-untyped]  # it has no types

from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from runtime.embedded import ports
from runtime.keyring import KeyRing
from sandbox.push.reading import BrowserKeys
from services.notifier.channels.web.push import Pushes
from services.notifier.channels.web.push_service import PushService, open_push_service
from services.notifier.channels.web.push_subscriptions import Device, Subscriptions
from services.notifier.channels.web.sessions import Sessions
from services.notifier.channels.web.vapid import Vapid
from services.notifier.domain.addresses.pushes import (
    PushMessage,
    PushResult,
    PushSubscription,
    tag_of,
)
from services.notifier.recipients.addresses import PURPOSE
from tests.benchmarks.comparing import compare
from tests.benchmarks.kit import Sample, Side, in_turns, process, servers

AT_ONCE = 50
PEOPLE = 200
LEAST = 0.5
KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
MESSAGE = PushMessage(
    "Passport for travel abroad: Ready to collect",
    "Come to the office with your identity card.\nYour code phrase: amber leaf",
    tag_of("thread"),
    "/p",
    "en",
    urgent=True,
)


class Remembered(Subscriptions):
    """Subscriptions without a database."""

    def __init__(self, devices: Sequence[Sequence[Device]]) -> None:
        self._devices = {f"{number:064x}": found for number, found in enumerate(devices)}
        self.addresses = list(self._devices)

    async def of(self, address: str) -> Sequence[Device]:
        """Return what is remembered."""
        return self._devices[address]


def side(send: Callable[[int], Awaitable[object]], pushes: int) -> Side:
    """Return a side that pushes so often, to one person after the other, some at once."""

    async def once(numbers: Iterator[int]) -> None:
        for number in numbers:
            await send(number % PEOPLE)

    async def measure(_: int) -> Sample:
        numbers = iter(range(pushes))
        begun, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(once(numbers) for _ in range(AT_ONCE)))
        return Sample(pushes, time.perf_counter() - begun, {"sender": time.process_time() - used})

    return measure


def raw(
    session: aiohttp.ClientSession, subscriptions: Sequence[PushSubscription]
) -> Callable[[int], Awaitable[object]]:
    """Return what pushes by another library and aiohttp alone."""
    private, public, _ = VAPID.generate_keys()
    library = WebPush(private, public, "who@agency.example")
    theirs = [WebPushSubscription.model_validate_json(one.packed()) for one in subscriptions]
    payload = MESSAGE.payload()

    async def send(person: int) -> None:
        made = library.get(payload, theirs[person], ttl=60)
        async with session.post(
            str(theirs[person].endpoint), data=made.encrypted, headers=made.headers
        ) as answer:
            assert answer.ok
            await answer.read()

    return send


def ours(pushes: Pushes, addresses: Sequence[str]) -> Callable[[int], Awaitable[object]]:
    """Return what pushes as the page does."""

    async def send(person: int) -> PushResult:
        result = await pushes.send(addresses[person], MESSAGE)
        assert 1 == result.taken
        return result

    return send


def made(subscriptions: Subscriptions, service: PushService) -> Pushes:
    """Put ours together."""
    return Pushes(subscriptions, service, Vapid(KEY, "https://docs.agency.example"), SystemClock())


async def main(pushes: int) -> int:
    """Measure and print; return 1 where the bar is not held."""
    port = ports.pick("127.0.0.1")
    url = f"http://127.0.0.1:{port}"
    keys = [BrowserKeys.new() for _ in range(PEOPLE)]
    browsers = [PushSubscription(f"{url}/push/{n}", one.public, one.auth) for n, one in enumerate(keys)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            process("tests.benchmarks.messenger", str(port), settings={}, url=f"{url}/count")
        )
        running = await stack.enter_async_context(servers())
        pool = await stack.enter_async_context(open_pool(running.databases.url("notifier"), "notifier"))
        service = await stack.enter_async_context(open_push_service(SystemClock(), loopback=True))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stored, sessions = Subscriptions(pool, ring := KeyRing([("k1", bytes(32))], PURPOSE)), []
        for browser in browsers:
            begun, _ = await Sessions(pool, ring).begin("en")
            await stored.put(begun.device_id, browser)
            sessions.append(begun)
        remembered = Remembered(
            [[Device(one.device_id, b, None, b"")] for one, b in zip(sessions, browsers, strict=True)]
        )
        sides = {
            "webpush and aiohttp": side(raw(session, browsers), pushes),
            "ours": side(ours(made(remembered, service), remembered.addresses), pushes),
            "ours, with its subscriptions": side(
                ours(made(stored, service), [one.address for one in sessions]), pushes
            ),
        }
        samples = await in_turns(sides)
    found = compare("Pushes", samples, command="python -m tests.benchmarks.pushes", bar=LEAST)
    print(found.markdown())
    return int(min(middle for middle, _, _ in found.ratios.values()) < LEAST)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=3000)
    raise SystemExit(uvloop.run(main(parser.parse_args().pushes)))
