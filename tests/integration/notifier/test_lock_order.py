"""Everybody holds a person before their addresses, so nobody waits in a circle."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from runtime.database.postgres import Connection, Pool, transaction
from services.notifier.delivery.store import Unit
from services.notifier.domain.incoming import Said
from services.notifier.handover.replies import Replies
from services.notifier.recipients.addresses import Moving
from services.notifier.recipients.guests import SQL as GUESTS
from services.notifier.recipients.rotation import SQL as ROTATION
from tests.integration.notifier.staffed import queued, staffed
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import World
from tests.waiting import until

Change = Callable[[World, Connection, UUID], Awaitable[object]]
LATER = datetime(2100, 1, 1, tzinfo=UTC)


async def _put(world: World, connection: Connection, _: UUID) -> None:
    known = await world.recipients.find(connection, "7")
    await world.recipients.put(connection, known, "7", LATER)


async def _reseal(_: World, connection: Connection, address: UUID) -> None:
    row = await connection.fetchrow("SELECT * FROM address WHERE id = $1", address)
    assert row is not None
    await connection.fetchval(
        ROTATION["reseal"], address, row["address"], row["lookup"], row["address"], "another"
    )


CHANGES: dict[str, Change] = {
    "they write": _put,
    "they block us": lambda world, connection, address: world.recipients.mark_blocked(
        connection, address, LATER, "blocked"
    ),
    "the messenger refuses": lambda world, connection, address: world.recipients.mark_unreachable(
        connection, [(address, "gone")]
    ),
    "their chat moves": lambda world, connection, address: world.recipients.move(
        connection, Moving(address, "8")
    ),
    "the key is changed": _reseal,
}


async def _waits(pool: Pool) -> bool:
    return bool(await pool.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_waits_for_who_forgets_a_guest(world: World, change: Change) -> None:
    """While a guest is held to be forgotten, what changes their address waits before it holds anything."""
    await world.updates().take([did(1, Said("/help"))])
    guest, address = await _only(world)

    async def changed() -> None:
        async with transaction(world.pool) as connection:
            await change(world, connection, address)

    async with transaction(world.pool) as forgetting:
        assert await forgetting.fetch(GUESTS["lock_guests"], [guest])
        changing = asyncio.ensure_future(changed())
        await until(lambda: _waits(world.pool))
        await forgetting.execute(GUESTS["delete_answers"], [guest])
        await forgetting.execute(GUESTS["delete_guests"], [guest])
    await changing

    assert 0 == await world.pool.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )


async def test_two_batches_for_one_guest_wait_for_each_other_in_line(world: World) -> None:
    """While a batch of replies is told to a guest, another for them waits before it holds anything."""
    desk = staffed(world)
    conversation = await desk.asks()
    holds = asyncio.Event()

    class Slow(Replies):
        async def _tell(self, unit: Unit, conversation: UUID, *, skipping: bool = False) -> None:
            holds.set()
            await until(lambda: _waits(self.pool))
            await super()._tell(unit, conversation, skipping=skipping)

    slow = asyncio.ensure_future(Slow(**vars(desk.replies)).take([queued(conversation, 1)]))
    await holds.wait()
    second = await desk.says(queued(conversation, 2, place=2))

    assert [1, 1] == [(await slow).new, second.new]
    assert 2 == await world.pool.fetchval("SELECT heard FROM handover")
    assert await world.pool.fetchval("SELECT consented_at IS NULL FROM recipient")


async def _only(world: World) -> tuple[UUID, UUID]:
    row = await world.pool.fetchrow("SELECT recipient_id, id FROM address")
    assert row is not None
    return row["recipient_id"], row["id"]
