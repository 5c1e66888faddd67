"""The disk under NATS and the disk under PostgreSQL are filled to the last block while a month is played."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from cli.installation.keeper import kept
from runtime.clock import SystemClock
from runtime.embedded import EmbeddedNats, EmbeddedPostgres, NatsUser
from tests.faults.evidence import collect, findings
from tests.faults.harness import Harness, harness, prepared
from tests.faults.looking import alive, metric
from tests.faults.small_disk import small_disk
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
TAKEN = "SELECT count(*) FROM tracker.event"
FULL_SECONDS = 10.0
NATS_MEGABYTES, POSTGRES_MEGABYTES = 48, 192
Fault = Callable[[Harness], Awaitable[None]]


async def _reaches(url: str, name: str, at_least: float) -> bool:
    return (await metric(url, name) or 0.0) >= at_least


async def _stays_alive(stack: Harness, seconds: float) -> None:
    """Ask every service for so long whether its loop turns."""
    clock = SystemClock()
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        for url in stack.running.addresses.ops.values():
            await alive(url)
        await clock.sleep(0.5)


async def _played_through(fault: Fault) -> list[str]:
    """Play a month, let the fault happen in its middle, and return what breaks the promise in the end."""
    async with harness(applications=60, citizens=40) as stack:
        async with asyncio.TaskGroup() as both:
            both.create_task(stack.play())
            await stack.until(TAKEN, 60)
            await fault(stack)
        books = await stack.books()
        return [*books.problems(), *stack.ended(), *findings(await collect(stack))]


async def test_nats_without_room_loses_no_202_and_goes_on_after_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is acknowledged that is not written; with room again and a restart all of it goes on."""
    with prepared(monkeypatch) as home, small_disk(home / "small", NATS_MEGABYTES) as disk:
        # The limit lets the streams be made: by itself the server promises no more than the disk has.
        user = NatsUser("all", secrets.token_hex(8))
        server = EmbeddedNats(disk.path, users=[user], store_limit="64G")

        async def fault(stack: Harness) -> None:
            ingest = stack.running.addresses.ops["ingest"]
            disk.fill()
            await until(partial(_reaches, ingest, "docwatch_ingest_unknown_publishes_total", 1), within=60)
            await _stays_alive(stack, FULL_SECONDS)
            disk.make_room()
            # A stream whose write failed refuses all others until the server starts again.
            await server.stop()

        async with kept(server, SystemClock(), lambda _: None):
            monkeypatch.setenv("DOCWATCH_NATS_URL", server.url("all"))
            broken = await _played_through(fault)

    assert [] == broken


async def test_postgresql_without_room_puts_off_what_it_cannot_take_and_goes_on_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What there is no room for is not acknowledged, is counted, and is taken in once there is room."""
    with prepared(monkeypatch) as home, small_disk(home / "small", POSTGRES_MEGABYTES) as disk:
        limits = {"max_wal_size": "64MB", "min_wal_size": "32MB"}
        server = EmbeddedPostgres(disk.path, password=secrets.token_hex(8), settings=limits)

        async def fault(stack: Harness) -> None:
            tracker = stack.running.addresses.ops["tracker"]
            disk.fill()
            await until(partial(_reaches, tracker, "docwatch_tracker_postponed_total", 1), within=60)
            await _stays_alive(stack, FULL_SECONDS)
            disk.make_room()

        async with kept(server, SystemClock(), lambda _: None):
            monkeypatch.setenv("DOCWATCH_DATABASE_URL", server.url())
            broken = await _played_through(fault)

    assert [] == broken
