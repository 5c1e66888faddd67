"""A browser that lies about where it takes pushes: addresses inside, answers without end, thousands."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from runtime import public_addresses
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from runtime.keyring import KeyRing
from sandbox.push.http import run_push
from sandbox.push.reading import BrowserKeys
from sandbox.push.service import Fault, FaultKind, PushWorld
from services.notifier.channels.web.push_service import PushService, Timeouts, open_push_service
from services.notifier.channels.web.push_subscriptions import Subscriptions
from services.notifier.channels.web.sessions import Sessions
from services.notifier.domain.addresses.pushes import (
    Later,
    Outcome,
    PushSubscription,
    Refused,
    Taken,
)
from services.notifier.recipients.addresses import PURPOSE
from tests.attacks.heartbeat import Heartbeat
from tests.conftest import Databases

KEYS = BrowserKeys.new()
TIMEOUTS = Timeouts(connect=0.5, whole=1.5)
HELD_UP = 0.25
INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "fd00::1",
    "fe80::1",
    "2002:7f00:1::",
]


class Names(AbstractResolver):
    """A name server of an attacker's: each look-up has the next answer."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - aiohttp's own
    ) -> list[ResolveResult]:
        """Answer."""
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        found = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=found, proto=0, flags=0)]

    async def close(self) -> None:
        """Do nothing."""


def at(endpoint: str) -> PushSubscription:
    """A subscription at an address."""
    return PushSubscription(endpoint, KEYS.public, KEYS.auth)


async def resolving(service: PushService, names: Names) -> None:
    """Have names looked up elsewhere."""
    connector = service._session.connector
    assert isinstance(connector, aiohttp.TCPConnector)
    connector._resolver = names
    connector._use_dns_cache = False


@pytest.fixture
async def world() -> AsyncIterator[PushWorld]:
    """A push service that misbehaves when told."""
    async with run_push() as found:
        yield found


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("loopback", [False, True])
async def test_no_name_leads_inside(address: str, *, loopback: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever address inside a name leads to, no socket is made for it, nor where the sandbox is allowed."""
    if loopback and address == "127.0.0.1":
        return
    made: list[Any] = []
    monkeypatch.setattr(public_addresses.__dict__["socket"], "socket", lambda *what: made.append(what))
    async with open_push_service(SystemClock(), loopback=loopback, timeouts=TIMEOUTS) as service:
        await resolving(service, Names(address))
        found = await service.post(at("https://push.example.net/x"), b"x", {})

    assert (Refused("its address is not public"), []) == (found, made)


async def test_a_name_that_changes_between_two_looks_leads_nowhere_inside(world: PushWorld) -> None:
    """What is connected to is the very address that was judged, however often a name server answers anew."""
    reached = []
    async with open_push_service(SystemClock(), loopback=False, timeouts=TIMEOUTS) as service:
        for _ in range(3):
            await resolving(service, Names("127.0.0.1", "10.0.0.1", "169.254.169.254"))
            reached.append(await service.post(at("https://push.example.net/x"), b"x", {}))

    assert [Refused("its address is not public")] * 3 == reached
    assert 0 == world.requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_answer_is_followed_elsewhere(world: PushWorld, status: int) -> None:
    """A push service that sends us on is refused; where it would lead nobody asks."""
    async with run_push() as inside, open_push_service(SystemClock(), loopback=True) as service:
        world.faults.append(Fault("status", status, {"Location": f"{inside.origin}/push/x"}))
        found = await service.post(at(f"{world.origin}/push/x"), b"x", {})

    assert (Refused(f"HTTP {status}"), 0) == (found, inside.requests)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("hang", Later(30.0, "no answer in time")),
        ("endless_head", None),
        ("endless_body", Taken()),
        ("huge_head", None),
        ("drop", Later(30.0, "ServerDisconnectedError")),
    ],
)
async def test_an_answer_without_end_holds_nothing(
    world: PushWorld, kind: FaultKind, expected: Outcome | None
) -> None:
    """Whatever comes as an answer, the push is over within its time, and the loop is held up by nothing."""
    world.faults.append(Fault(kind))
    began = time.monotonic()
    async with (
        open_push_service(SystemClock(), loopback=True, timeouts=TIMEOUTS) as service,
        Heartbeat() as heart,
    ):
        found = await service.post(at(f"{world.origin}/push/x"), b"x", {})

    assert time.monotonic() - began < TIMEOUTS.whole + 1
    assert heart.longest < HELD_UP
    if expected is None:
        assert isinstance(found, Later | Taken)
    else:
        assert expected == found


async def test_ten_thousand_subscriptions_are_one_a_device(databases: Databases) -> None:
    """A browser that subscribes ten thousand times leaves one row, and each post costs the same."""
    async with open_pool(databases.url("notifier"), "notifier") as pool:
        ring = KeyRing([("k1", bytes(32))], PURPOSE)
        subscriptions, (session, _) = Subscriptions(pool, ring), await Sessions(pool, ring).begin("uk")
        for start in range(0, 10_000, 100):
            await asyncio.gather(
                *(
                    subscriptions.put(session.device_id, at(f"https://push.example.net/{start + number}"))
                    for number in range(100)
                )
            )
        count = await pool.fetchval("SELECT count(*) FROM push_subscription")
        found = await subscriptions.of(session.address)

    assert (1, 1) == (count, len(found))
