"""What a messenger tells of a notice after it took it."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest

from contracts.messages.delivery import DELIVERY_REPORT, DeliveryEnd
from contracts.messages.delivery import Receipt as Told
from services.notifier.delivery import delivery_receipts
from services.notifier.domain.incoming import DeliveryReceipt, Incoming
from tests.integration.notifier.world import World, notice

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Status = Literal["delivered", "seen", "failed"]


def told(update: int, status: Status, reference: str = "1", address: str = "7") -> Incoming:
    at = AT + timedelta(seconds=update)
    body = DeliveryReceipt(reference, status)
    return Incoming(str(update), address, private=True, language=None, at=at, body=body)


async def accepted(world: World) -> UUID:
    """Have a notice accepted under the reference 1."""
    found = notice(await world.person("7"))
    await world.keep(found)
    async with world.sending(await world.lease()):
        await world.ended(found.notice_id)
    return found.notice_id


async def noted(world: World, delivery: UUID) -> list[datetime | None]:
    row = await world.row(delivery)
    assert DeliveryEnd.ACCEPTED == row["state"]
    return [row["delivered_at"], row["seen_at"], row["failed_at"]]


async def reported(world: World) -> list[tuple[str, datetime]]:
    rows = await world.pool.fetch("SELECT payload FROM outbox ORDER BY created_at")
    found = [DELIVERY_REPORT.validate_json(row["payload"]) for row in rows]
    return [(one.says, one.at) for one in found if isinstance(one.says, Told)]


async def test_receipts_are_noted_and_reported_once(world: World) -> None:
    """Delivered and seen stand as first told, however often and in whatever order they come."""
    delivery = await accepted(world)

    await world.updates().take([told(1, "seen"), told(2, "delivered"), told(3, "seen"), told(2, "delivered")])

    seen, delivered = AT + timedelta(seconds=1), AT + timedelta(seconds=2)
    assert [delivered, seen, None] == await noted(world, delivery)
    assert [(Told.SEEN, seen), (Told.DELIVERED, delivered)] == await reported(world)


@pytest.mark.parametrize("statuses", [("delivered", "failed"), ("seen", "failed"), ("failed", "delivered")])
async def test_what_arrived_has_not_failed(world: World, statuses: tuple[Status, Status]) -> None:
    """A failure told of a message that arrived, before or after, is void, and the end stands."""
    delivery = await accepted(world)

    await world.updates().take([told(place, status) for place, status in enumerate(statuses, 1)])

    assert (await noted(world, delivery))[2] is None


async def test_a_receipt_is_of_its_own_account(world: World) -> None:
    """What one messenger tells of its message 1 says nothing of the message 1 of another."""
    delivery = await accepted(world)
    await world.pool.execute("UPDATE delivery SET channel = 'another' WHERE id = $1", delivery)

    await world.updates().take([told(1, "failed")])
    before = await noted(world, delivery)
    await world.pool.execute("UPDATE delivery SET channel = 'telegram' WHERE id = $1", delivery)
    async with world.store.unit() as unit:
        await delivery_receipts.apply(world.store, unit)

    assert [None, None, None] == before
    assert [None, None, AT + timedelta(seconds=1)] == await noted(world, delivery)


async def in_parts(world: World, *ids: str) -> UUID:
    """Have a notice accepted as a message of several parts."""
    delivery = await accepted(world)
    update = "UPDATE delivery SET message_reference = $2 WHERE id = $1"
    await world.pool.execute(update, delivery, " ".join(ids))
    return delivery


async def test_a_message_in_parts_arrived_when_each_part_did(world: World) -> None:
    """What is told of some parts of a message waits for the others, whatever their order; it stands once."""
    delivery = await in_parts(world, "a", "b", "c")

    some = [told(1, "delivered", "c"), told(2, "delivered", "a"), told(3, "delivered", "a")]
    await world.updates().take(some)
    early = await noted(world, delivery)
    await world.updates().take([told(4, "delivered", "b"), told(5, "delivered", "b")])
    await world.tools.queue.sweep(100)

    at = AT + timedelta(seconds=4)
    assert [None] * 3 == early
    assert [at, None, None] == await noted(world, delivery)
    assert [(Told.DELIVERED, at)] == await reported(world)


async def test_a_message_in_parts_failed_when_one_part_did(world: World) -> None:
    """One part that never arrives makes the message one that cannot be read."""
    delivery = await in_parts(world, "a", "b")

    await world.updates().take([told(1, "delivered", "a"), told(2, "failed", "b")])

    at = AT + timedelta(seconds=2)
    assert [None, None, at] == await noted(world, delivery)
    assert [(Told.FAILED, at)] == await reported(world)


async def test_parts_told_at_once_are_put_together_by_the_next_look(world: World) -> None:
    """Receipts of parts that no process saw together count as soon as somebody looks."""
    delivery = await in_parts(world, "a", "b")
    add = (
        "INSERT INTO receipt (recipient_id, reference, status, told_at) "
        "SELECT recipient_id, $2, 'delivered', $3 FROM delivery WHERE id = $1"
    )
    for part in ("a", "b"):
        await world.pool.execute(add, delivery, part, AT)

    await world.tools.queue.sweep(100)

    assert [AT, None, None] == await noted(world, delivery)
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM receipt")


async def test_a_failure_of_the_only_address_is_reported(world: World) -> None:
    """A message that its messenger gave up on stays accepted, and the tracker hears of it."""
    delivery = await accepted(world)

    await world.updates().take([told(1, "failed")])

    at = AT + timedelta(seconds=1)
    assert [None, None, at] == await noted(world, delivery)
    assert [(Told.FAILED, at)] == await reported(world)


async def test_a_receipt_before_our_commit_is_kept_and_applied(world: World) -> None:
    """What is told of a message before we wrote down that it was taken is applied as soon as we did."""
    await world.person("7")
    await world.updates().take([told(1, "delivered")])
    delivery = await accepted(world)

    await world.tools.queue.sweep(100)

    assert [AT + timedelta(seconds=1), None, None] == await noted(world, delivery)
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM receipt")


async def test_receipts_of_other_messages_are_forgotten(world: World) -> None:
    """What is told of strangers and of messages that we do not know changes nothing and does not stay."""
    delivery = await accepted(world)

    await world.updates().take([told(1, "seen", reference="9"), told(2, "seen", address="nobody")])
    await world.pool.execute("UPDATE receipt SET stored_at = stored_at - interval '2 days'")
    await delivery_receipts.forget(world.pool)

    assert [None] * 3 == await noted(world, delivery)
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM receipt")
