import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from nats.aio.client import Client

from contracts.streams import OUTCOME_SUBJECT, OUTCOMES
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Pool, open_pool, transaction
from runtime.messaging.stream_writer import (
    Outgoing,
    Stored,
    StreamWriter,
    Unknown,
)
from tests.conftest import Databases


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    async with open_pool(databases.url("tracker"), "tracker") as found:
        yield found


def rows(count: int) -> list[Row]:
    return [Row(uuid4(), OUTCOME_SUBJECT, f"payload {number}".encode()) for number in range(count)]


async def in_stream(client: Client) -> int:
    return (await client.jetstream().stream_info(OUTCOMES.name)).state.messages


async def depth(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM outbox"))


async def test_committed_rows_are_published_and_deleted(pool: Pool, nats_client: Client) -> None:
    """What was committed is in the stream once and gone from the table."""
    outbox = Outbox(pool, StreamWriter(nats_client), SystemClock())
    given = rows(300)
    async with transaction(pool) as connection:
        await outbox.insert(connection, given)
    outbox.committed(given)
    stop = asyncio.Event()
    stop.set()
    await outbox.run(stop)

    assert await in_stream(nats_client) == 300
    assert await depth(pool) == 0


async def test_what_a_dead_process_left_is_swept_once(pool: Pool, nats_client: Client) -> None:
    """Rows that were committed and perhaps already published are published by a sweep without a copy."""
    writer = StreamWriter(nats_client)
    left = rows(20)
    async with transaction(pool) as connection:
        await Outbox(pool, writer, SystemClock()).insert(connection, left)
    await writer.publish([Outgoing(row.subject, str(row.id), row.payload) for row in left[:10]])
    await pool.execute("UPDATE outbox SET created_at = now() - interval '1 minute'")
    sweepers = [Outbox(pool, writer, SystemClock()) for _ in range(3)]
    swept = sum(await asyncio.gather(*(sweeper.sweep() for sweeper in sweepers)))

    assert swept == 20
    assert await in_stream(nats_client) == 20
    assert await depth(pool) == 0


async def test_what_the_stream_did_not_take_waits_in_the_outbox(pool: Pool, nats_client: Client) -> None:
    """Of rows published together only the acknowledged ones are forgotten, at once and by the sweep."""
    outbox = Outbox(pool, StreamWriter(nats_client, wait=0.5), SystemClock())
    given = [*rows(3), Row(uuid4(), "docwatch.nowhere", b"{}")]
    async with transaction(pool) as connection:
        await outbox.insert(connection, given)
    outbox.committed(given)
    stop = asyncio.Event()
    stop.set()
    await outbox.run(stop)
    await pool.execute("UPDATE outbox SET created_at = now() - interval '1 minute'")
    swept = await outbox.sweep()

    assert swept == 0
    assert [given[3].id] == [row["id"] for row in await pool.fetch("SELECT id FROM outbox")]


async def test_a_rolled_back_transaction_publishes_nothing(pool: Pool, nats_client: Client) -> None:
    """A message exists if and only if the work that caused it was committed."""
    outbox = Outbox(pool, StreamWriter(nats_client), SystemClock())

    async def fails() -> None:
        async with transaction(pool) as connection:
            await outbox.insert(connection, rows(5))
            await connection.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await fails()
    await outbox.sweep()

    assert await in_stream(nats_client) == 0


async def test_a_repeated_publish_is_a_duplicate(nats_client: Client) -> None:
    """The same message id published again is acknowledged as a duplicate and stored once."""
    writer = StreamWriter(nats_client)
    message = Outgoing(OUTCOME_SUBJECT, "the-id", b"{}")
    first, second = await writer.publish([message, message])

    assert isinstance(first, Stored)
    assert (first.duplicate, second) == (False, Stored(first.sequence, duplicate=True))


async def test_a_publish_nobody_stores_is_unknown(nats_client: Client) -> None:
    """A subject without a stream and a closed connection give Unknown, never an exception."""
    writer = StreamWriter(nats_client, wait=1)
    unrouted = await writer.publish([Outgoing("docwatch.nowhere", "a", b"{}")])
    await nats_client.close()
    closed = await writer.publish([Outgoing(OUTCOME_SUBJECT, "b", b"{}")])

    assert [type(result) for result in unrouted + closed] == [Unknown, Unknown]
