"""What is kept of citizens' pages, and for how long; and who is given up, for they open theirs no more."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest

from runtime.embedded import EmbeddedPostgres
from runtime.keyring import KeyRing
from services.notifier.channels.web.messages import Messages
from services.notifier.domain.incoming import Blocked, DeliveryReceipt, Unblocked
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Accepted, Unreachable
from services.notifier.page.keeping import ABSENCE, MESSAGES_KEPT
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.rotation import rotate
from services.notifier.wording.markup import literal
from tests.integration.notifier.web_bench import WebBench, web_bench

HELLO = Message(literal("Hello"))
DAY = timedelta(days=1)


@pytest.fixture
async def bench(postgres_server: EmbeddedPostgres) -> AsyncIterator[WebBench]:
    async with web_bench(postgres_server) as found:
        yield cast("WebBench", found)


async def aged(bench: WebBench, address: str, seen: timedelta, messages: timedelta) -> None:
    """Let time pass over somebody's page; their address is on record."""
    digest = bytes.fromhex(address)
    query = """
        UPDATE page_session SET seen_at = seen_at - $2::interval, address_id = gen_random_uuid()
        WHERE digest = $1"""
    await bench.pool.execute(query, digest, seen)
    await bench.pool.execute("UPDATE page_message SET at = at - $1::interval", messages)


async def test_who_does_not_open_the_page_is_given_up_and_comes_back(bench: WebBench) -> None:
    """After two weeks without a look what was put there has failed, and nothing more is until the next."""
    address = await bench.person()
    key = uuid4()
    await bench.channel.send(address, HELLO, key)
    await aged(bench, address, ABSENCE + DAY, ABSENCE + DAY)

    await bench.page.keeping.once()
    told = [one.body for one in await bench.arrived()]
    await bench.page.keeping.once()
    again = await bench.arrived()
    during = await bench.channel.send(address, HELLO, uuid4())
    await bench.blocks(address, blocked=False)
    back = [one.body for one in await bench.arrived()]
    after = await bench.channel.send(address, HELLO, uuid4())

    assert [Blocked(), DeliveryReceipt(str(key), "failed", "nobody opened the page")] == told
    assert [] == again
    assert Unreachable("blocked") == during
    assert [Unblocked()] == back
    assert isinstance(after, Accepted)


@pytest.mark.parametrize(
    ("seen", "messages"), [(ABSENCE - DAY, ABSENCE + DAY), (ABSENCE + DAY, ABSENCE - DAY)]
)
async def test_who_looks_or_has_nothing_old_to_see_is_not_given_up(
    bench: WebBench, seen: timedelta, messages: timedelta
) -> None:
    """It takes an unseen message and an absence, both of two weeks."""
    address = await bench.person()
    await bench.channel.send(address, HELLO, uuid4())
    await aged(bench, address, seen, messages)

    await bench.page.keeping.once()

    assert [] == await bench.arrived()
    assert isinstance(await bench.channel.send(address, HELLO, uuid4()), Accepted)


@pytest.mark.parametrize("fails", [False, True])
async def test_who_is_told_by_push_is_not_given_up(bench: WebBench, *, fails: bool) -> None:
    """A browser that takes pushes stands for somebody who looks, until it takes none any more."""
    address = await bench.person()
    await bench.channel.send(address, HELLO, uuid4())
    await aged(bench, address, ABSENCE + DAY, ABSENCE + DAY)
    await bench.pool.execute(
        """
        INSERT INTO push_subscription (device_id, lookup, box, key_id, failing_since)
        SELECT id, digest, digest, 'k1', CASE WHEN $1 THEN clock_timestamp() END FROM page_device""",
        fails,
    )

    await bench.page.keeping.once()

    assert fails == bool(await bench.arrived())


async def test_guests_and_old_messages_go(bench: WebBench) -> None:
    """A guest's session lasts for hours, a message for months; what is younger or somebody's stays."""
    guest, person, fresh = await bench.person(), await bench.person(), await bench.person()
    for address in (guest, person, fresh):
        await bench.channel.send(address, HELLO, uuid4())
    await aged(bench, person, 3 * timedelta(hours=1), MESSAGES_KEPT + DAY)
    await bench.channel.send(person, HELLO, uuid4())
    query = "UPDATE page_session SET seen_at = seen_at - interval '3 hours' WHERE digest = $1"
    await bench.pool.execute(query, bytes.fromhex(guest))

    await bench.page.keeping.once()

    assert {bytes.fromhex(person), bytes.fromhex(fresh)} == {
        row["digest"] for row in await bench.pool.fetch("SELECT digest FROM page_session")
    }
    assert 1 == await bench.pool.fetchval("SELECT count(*) FROM page_message")


async def test_a_new_key_seals_the_conversation_anew(bench: WebBench) -> None:
    """After a rotation every message opens under the new key alone, and what was known last is dropped."""
    address = await bench.person()
    await bench.channel.send(address, HELLO, uuid4())
    await bench.pool.execute(
        "UPDATE page_session SET facts = 'x', facts_key_id = 'k1', facts_at = clock_timestamp()"
    )
    old, new = ("k1", bytes(32)), ("k2", bytes([7]) * 32)

    done = await rotate(bench.pool, KeyRing([new, old], PURPOSE))
    session = await bench.pool.fetchval("SELECT id FROM page_session")
    lines = await Messages(bench.pool, KeyRing([new], PURPOSE)).last(session)

    assert {"k2": 2} == done.left
    assert ["hello", "Hello"] == [line.message.shown for line in lines]
    assert await bench.pool.fetchval("SELECT facts IS NULL FROM page_session")
