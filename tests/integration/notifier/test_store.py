"""What the tables refuse, what a claim passes over, and how it is looked up."""

from uuid import uuid4

import asyncpg
import pytest

from runtime.keyring import KeyRing
from services.notifier.delivery.sending.queue import SQL
from services.notifier.recipients.addresses import PURPOSE, Recipients
from tests.integration.notifier.world import ROLE, World, notice

IMPOSSIBLE = [
    "UPDATE delivery SET state = 'accepted'",
    "UPDATE delivery SET state = 'accepted', ended_at = now()",
    "UPDATE delivery SET state = 'sending'",
    "UPDATE delivery SET state = 'sending', token = 1",
    "UPDATE delivery SET token = 1",
    "UPDATE delivery SET ended_at = now()",
    "UPDATE delivery SET state = 'undeliverable', ended_at = now()",
    "UPDATE delivery SET state = 'unknown', ended_at = now()",
    "UPDATE delivery SET state = 'superseded', ended_at = now(), attempts = 1, unknowns = 1",
    "UPDATE delivery SET unknowns = 1",
    "UPDATE delivery SET attempts = 9, unknowns = 4",
    "UPDATE delivery SET class = 0",
    "UPDATE delivery SET class = 3",
    "UPDATE delivery SET kind = 'other'",
    "UPDATE delivery SET state = 'other', ended_at = now()",
    "UPDATE delivery SET state = 'expired', ended_at = now(), attempts = 1, unknowns = 1",
    "UPDATE delivery SET message_reference = '1'",
    "UPDATE delivery SET channel = NULL",
    "UPDATE delivery SET delivered_at = now()",
    "UPDATE delivery SET seen_at = now()",
    "UPDATE delivery SET failed_at = now()",
    """UPDATE delivery SET state = 'accepted', ended_at = now(), message_reference = '',
       (seen_at, failed_at) = (now(), now())""",
    "INSERT INTO attempt SELECT id, 0, 1, now() FROM delivery",
    "INSERT INTO attempt SELECT id, 1, 1, now(), now() FROM delivery",
    "INSERT INTO attempt SELECT id, 1, 1, now(), NULL, 'accepted' FROM delivery",
    "INSERT INTO receipt SELECT id, '1', 'other', now() FROM recipient",
    "UPDATE delivery SET payload = NULL",
    "UPDATE delivery SET recipient_id = NULL",
    "UPDATE delivery SET subscription_id = NULL",
    "DELETE FROM recipient",
    "UPDATE recipient SET consented_at = NULL",
    "UPDATE recipient SET unreachable_since = now()",
    "UPDATE recipient SET lookup = ''",
    "UPDATE recipient SET quiet_from = '22:00'",
    "UPDATE recipient SET personal = ''",
]


async def test_impossible_states_cannot_be_stored(world: World) -> None:
    """The tables refuse rows that contradict themselves, and each of their checks has its example here."""
    await world.keep(notice(await world.person("7")))
    checks = await world.pool.fetch(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = ANY ($1::text[]::regclass[])",
        ["delivery", "recipient", "attempt", "receipt"],
    )
    refused = set()
    for statement in IMPOSSIBLE:
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await world.pool.execute(statement)
        refused.add(caught.value.constraint_name)

    assert {row["conname"] for row in checks} == refused


async def test_two_attempts_for_one_recipient_cannot_be_stored(world: World) -> None:
    """The table itself refuses a second delivery in the air for the same recipient."""
    person = await world.person("7")
    await world.keep(notice(person), notice(person))

    with pytest.raises(asyncpg.UniqueViolationError):
        await world.pool.execute("UPDATE delivery SET state = 'sending', token = 1, attempts = 1")


async def test_a_claim_leaves_who_is_being_written_to(world: World) -> None:
    """While a message to a recipient is in the air, nothing else of theirs is claimed; others' goes out."""
    person = await world.person("7")
    first, second = notice(person, revision=1), notice(person, revision=2)
    await world.keep(first, second)
    lease = await world.lease()
    assert lease.token is not None
    claimed = [await world.tools.queue.claim(lease.token, 9, urgency=2, resting=[])]
    other = notice(await world.person("8"))
    await world.keep(other)

    claimed.append(await world.tools.queue.claim(lease.token, 9, urgency=2, resting=[]))

    assert [[first.notice_id], [other.notice_id]] == [[one.delivery_id for one in some] for some in claimed]


async def test_a_claim_passes_over_what_is_overtaken(world: World) -> None:
    """Even before anything was swept, an older notice is not claimed once a newer one was attempted."""
    person, subscription = await world.person("7"), uuid4()
    old, new = (notice(person, subscription=subscription, revision=number) for number in (1, 2))
    await world.keep(old, new)
    await world.pool.execute(
        "UPDATE delivery SET attempts = 1, unknowns = 1, due_at = now() + interval '1 hour' WHERE id = $1",
        new.notice_id,
    )
    lease = await world.lease()
    assert lease.token is not None

    claimed = await world.tools.queue.claim(lease.token, 9, urgency=2, resting=[])

    assert [] == claimed


async def test_a_claim_takes_the_urgent_first_then_the_oldest(world: World) -> None:
    """Across people the actionable go before the rest, and within a class the oldest first."""
    stages = ["printing", "arrived", "verification", "arrived"]
    told = [notice(await world.person(str(number)), stage=stage) for number, stage in enumerate(stages)]
    await world.keep(*told)
    lease = await world.lease()
    assert lease.token is not None

    claimed = await world.tools.queue.claim(lease.token, 3, urgency=2, resting=[])

    assert [told[place].notice_id for place in (1, 3, 0)] == [attempt.delivery_id for attempt in claimed]


async def test_a_claim_reads_no_table_as_a_whole(world: World) -> None:
    """However long the queue is, the claim finds its rows by indexes."""
    people = [await world.person(str(number)) for number in range(20)]
    for _ in range(20):
        await world.keep(*(notice(person) for person in people for _ in range(5)))
    async with world.pool.acquire() as connection:
        await connection.execute("UPDATE delivery SET due_at = now()")
        plan = await connection.fetch("EXPLAIN " + SQL["claim"], ROLE, 1, "telegram", 3, 2, [uuid4()])

    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "Seq Scan on delivery" not in text


async def test_an_address_is_found_under_any_key(world: World) -> None:
    """After the current key was replaced people are still found, and newcomers get the new key."""
    old = await world.person("7")
    both = Recipients("telegram", KeyRing([("k2", bytes([2] * 32)), ("k1", bytes(32))], PURPOSE))

    found = await both.find(world.pool, "7")
    stranger = await both.find(world.pool, "8")

    assert found is not None
    assert (old, None) == (found.id, stranger)


async def test_a_resend_that_falls_due_during_a_claim_waits_for_the_next(world: World) -> None:
    """A claim looks at one instant: never both a person's resend and what may overtake it are in the air."""
    people = [await world.person(str(number)) for number in range(150)]
    await world.keep(*(notice(person, stage=stage) for person in people for stage in ("printing", "arrived")))
    lease = await world.lease()
    assert lease.token is not None
    await world.pool.execute(
        "UPDATE delivery SET attempts = 1, unknowns = 1,"
        " due_at = clock_timestamp() + random() * interval '30 milliseconds' WHERE class = 2"
    )

    claimed = await world.tools.queue.claim(lease.token, 300, urgency=2, resting=[])

    assert 150 == len({attempt.recipient_id for attempt in claimed}) == len(claimed)
