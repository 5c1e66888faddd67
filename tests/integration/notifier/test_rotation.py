"""Addresses under a new key, while people write and notices go out."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from runtime.database.postgres import transaction
from runtime.keyring import KeyRing
from services.notifier.delivery.sending.queue import Queue
from services.notifier.domain.incoming import Said
from services.notifier.domain.messages import Message
from services.notifier.inbound.updates import Updates
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.recipients.rotation import rotate
from services.notifier.wording.markup import bold
from tests.integration.notifier.test_inbound import did, waiting_answers
from tests.integration.notifier.world import ROLE, World, notice

OLD, NEW = ("k1", bytes(32)), ("k2", bytes([1]) * 32)
BOTH = KeyRing([NEW, OLD], PURPOSE)


@pytest.fixture
def renewed(world: World) -> World:
    """The same world with the new key before the old one."""
    recipients = Recipients("telegram", BOTH)
    queue = Queue(world.pool, world.store, recipients, "telegram", ROLE)
    tools = replace(world.tools, recipients=recipients, queue=queue)
    return replace(world, recipients=recipients, tools=tools)


async def test_every_address_is_sealed_anew(world: World) -> None:
    """Afterwards the current key alone finds and opens everybody, and a second run does nothing."""
    people = [await world.person(str(number)) for number in range(25)]

    done, again = await rotate(world.pool, BOTH, batch=10), await rotate(world.pool, BOTH, batch=10)

    alone = Recipients("telegram", KeyRing([NEW], PURPOSE))
    found = [await alone.find(world.pool, str(number)) for number in range(25)]
    assert (25, 0, {"k2": 25}) == (done.resealed, done.unreadable, done.left)
    assert 0 == again.resealed
    assert people == [one.id for one in found if one is not None]


async def test_people_may_write_while_it_runs(world: World, renewed: World) -> None:
    """Nobody comes to be on record twice, nobody is lost, and notices arrive."""
    people = [await world.person(str(number)) for number in range(30)]
    told = [notice(person) for person in people]
    await world.keep(*told)
    updates: Updates = renewed.updates()
    writing = [updates.take_one(did(number, Said("/help"), str(number))) for number in range(30)]

    async with renewed.sending(await renewed.lease()):
        await asyncio.gather(rotate(world.pool, BOTH, batch=3), *writing)
        await renewed.ended(*(one.notice_id for one in told))

    assert 30 == await world.count("recipient")
    assert {str(number) for number in range(30)} == {to for to, _ in world.channel.sent}


async def test_somebody_found_before_is_kept_after(world: World, renewed: World) -> None:
    """Who was looked up under the old key and written under the new one in between stays one person."""
    person = await world.person("7")
    known = await renewed.recipients.find(world.pool, "7")
    await rotate(world.pool, BOTH)

    async with transaction(world.pool) as connection:
        same = await renewed.recipients.put(connection, known, "7", datetime.now(UTC))

    assert person == same.recipient_id
    assert 1 == await world.count("recipient")


async def test_what_no_key_opens_is_counted_and_left(world: World) -> None:
    """Without the old key nothing is harmed."""
    await world.person("7")

    done = await rotate(world.pool, KeyRing([NEW], PURPOSE))

    assert (0, 1, {"k1": 1}) == (done.resealed, done.unreadable, done.left)


async def test_waiting_answers_are_sealed_anew(world: World) -> None:
    """An answer under the old key, and one that a version before left in clear, go to the new one."""
    await world.person("7")
    await world.updates().take([did(1, Said("/help")), did(2, Said("/settings"))])
    before = await waiting_answers(world)
    clear = json.dumps({"html": "<b>in clear</b>"})
    await world.pool.execute(
        "UPDATE delivery SET payload = $1 WHERE seq = (SELECT max(seq) FROM delivery)", clear
    )

    done, again = await rotate(world.pool, BOTH, batch=1), await rotate(world.pool, BOTH)

    alone = replace(world, recipients=Recipients("telegram", KeyRing([NEW], PURPOSE)))
    assert (3, 0, {"k2": 3}) == (done.resealed, done.unreadable, done.left)
    assert 0 == again.resealed
    assert [before[0], Message(bold("in clear"))] == await waiting_answers(alone)


async def test_answers_go_out_while_it_runs(world: World, renewed: World) -> None:
    """Answers that are sent in the middle of it arrive, each once."""
    for number in range(30):
        await world.person(str(number))
    await world.updates().take([did(number, Said("/help"), str(number)) for number in range(30)])
    rows = await world.pool.fetch("SELECT id FROM delivery")

    async with renewed.sending(await renewed.lease()):
        await asyncio.gather(rotate(world.pool, BOTH, batch=3), renewed.ended(*(row["id"] for row in rows)))

    assert sorted(str(number) for number in range(30)) == sorted(to for to, _ in world.channel.sent)
