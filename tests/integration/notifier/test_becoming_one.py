"""Two people on record who become one: nothing is lost, told twice, or told to nobody."""

import asyncio
from uuid import UUID, uuid4

import pytest

from contracts.messages.forget import FORGET
from contracts.messages.ids import RecipientId
from contracts.streams import FORGET_SUBJECT
from services.notifier.delivery.joining import become
from services.notifier.domain.preferences import SetName, SetPhrase
from services.notifier.domain.results import Unreachable
from services.notifier.recipients import routes
from tests.integration.notifier.routes import ACTIONABLE, sent
from tests.integration.notifier.world import CLOCK, World, make_world, notice

NOBODY: dict[UUID, UUID] = {}


@pytest.fixture
def viber(world: World) -> World:
    """A second messenger beside the first."""
    recipients = world.recipients.of_account("viber")
    return make_world(world.pool, world.outbox, recipients, world.catalogue, world.voice)


async def join(world: World, joining: RecipientId, into: RecipientId, twice: dict[UUID, UUID]) -> bool:
    async with world.store.unit() as unit:
        preferences = world.recipients.preferences
        done = await become(world.store, preferences, unit, [joining], into, twice=twice, at=CLOCK.now())
    return done is not None


async def test_what_waits_comes_to_the_one_person(world: World, viber: World) -> None:
    """A notice stays where it stands, and one that comes late finds the person by the old id."""
    stays, joining = await world.person("7"), await viber.person("8")
    waiting = notice(joining)
    await viber.keep(waiting)

    assert await join(world, joining, stays, NOBODY)
    late = notice(joining)
    await viber.keep(late)
    async with viber.sending(await viber.lease()), world.sending(await world.lease()):
        await world.ended(waiting.notice_id, late.notice_id)

    assert (["8"], ["7"]) == ([to for to, _ in viber.channel.sent], [to for to, _ in world.channel.sent])
    assert 1 == await world.count("recipient")
    assert ["telegram", "viber"] == [way.account for way in await routes.ways_of(world.pool, stays)]


async def test_joining_again_changes_nothing(world: World, viber: World) -> None:
    """The transaction may be repeated, after a kill or by another process."""
    stays, joining = await world.person("7"), await viber.person("8")

    done = [await join(world, joining, stays, NOBODY) for _ in range(3)]

    assert [True] * 3 == done
    ways = await routes.ways_of(world.pool, stays)
    assert [("telegram", True), ("viber", True)] == [(way.account, way.reachable) for way in ways]


async def test_what_is_in_the_air_is_recorded_and_its_person_goes(world: World, viber: World) -> None:
    """A message on its way when two become one ends as ever; afterwards nothing is left of the other id."""
    stays, joining = await world.person("7"), await viber.person("8")
    flying = notice(joining)
    gate = viber.channel.gates["8"] = asyncio.Event()
    await viber.keep(flying)
    async with viber.sending(await viber.lease()):
        await sent(viber, 1)
        assert await join(world, joining, stays, NOBODY)
        gate.set()
        await viber.ended(flying.notice_id)

    assert "accepted" == await viber.state(flying.notice_id)
    assert 1 == await world.count("recipient")


async def test_what_comes_back_from_the_air_goes_on_to_the_other_address(world: World, viber: World) -> None:
    """A message refused while two became one moves to the address that the person has besides."""
    stays, joining = await world.person("7"), await viber.person("8")
    flying = notice(joining, stage=ACTIONABLE)
    gate = viber.channel.gates["8"] = asyncio.Event()
    viber.channel.scripts["8"] = [Unreachable("blocked")]
    await viber.keep(flying)
    async with viber.sending(await viber.lease()), world.sending(await world.lease()):
        await sent(viber, 1)
        assert await join(world, joining, stays, NOBODY)
        gate.set()
        await world.ended(flying.notice_id)

    await world.tools.queue.sweep(1)
    assert "accepted" == await world.state(flying.notice_id)
    assert ["7"] == [to for to, _ in world.channel.sent]
    assert 1 == await world.count("recipient")


async def test_private_names_and_the_phrase_are_kept(world: World, viber: World) -> None:
    """What either chose is kept; where both chose, the one who stays has the say."""
    stays, joining, ended, kept, both = await world.person("7"), await viber.person("8"), *map(_id, range(3))
    async with world.store.unit() as unit:
        choose = world.recipients.preferences.store
        await choose(unit.connection, stays, SetName(both, "mine"))
        await choose(unit.connection, joining, SetName(both, "theirs"))
        await choose(unit.connection, joining, SetName(ended, "of the one that ended"))
        await choose(unit.connection, joining, SetPhrase("apple"))

    assert await join(world, joining, stays, {ended: kept})

    person = await world.recipients.find(world.pool, "7")
    assert person is not None
    assert ("apple", {both: "mine", kept: "of the one that ended"}) == (
        person.personal.phrase,
        dict(person.personal.names),
    )


async def test_who_was_forgotten_takes_the_other_along(world: World, viber: World) -> None:
    """The tracker has been told that they are one: forgetting one of them forgets both."""
    stays, joining = await world.person("7"), await viber.person("8")
    async with world.store.unit() as unit:
        await world.store.forget(unit, stays, CLOCK.now())
        await world.store.erase(unit, stays, stays)

    assert not await join(world, joining, stays, NOBODY)

    told = await world.pool.fetch("SELECT payload FROM outbox WHERE subject = $1", FORGET_SUBJECT)
    assert {stays, joining} == {FORGET.validate_json(row["payload"]).recipient_id for row in told}
    assert None is await viber.recipients.find(world.pool, "8")


async def test_two_who_join_each_other_at_once_are_one(world: World, viber: World) -> None:
    """Whoever comes second finds it done: no circle, no deadlock, one person with both addresses."""
    stays, joining = await world.person("7"), await viber.person("8")

    done = await asyncio.gather(*(join(world, joining, stays, NOBODY) for _ in range(4)))

    assert all(done)
    assert 1 == await world.count("recipient")
    assert 2 == len(await routes.ways_of(world.pool, stays))


async def test_what_each_was_told_of_one_document_stays_in_order(world: World, viber: World) -> None:
    """An older notice of the subscription that ended is not sent once a newer one of the other was."""
    stays, joining, ended, kept = await world.person("7"), await viber.person("8"), _id(1), _id(2)
    newer = notice(stays, subscription=kept, revision=5)
    await world.keep(newer)
    async with world.sending(await world.lease()):
        await world.ended(newer.notice_id)
    older = notice(joining, subscription=ended, revision=4)
    await viber.keep(older)

    assert await join(world, joining, stays, {ended: kept})
    async with viber.sending(await viber.lease()):
        await viber.ended(older.notice_id)

    assert ("superseded", []) == (await viber.state(older.notice_id), viber.channel.sent)


def _id(number: int) -> UUID:
    return UUID(int=uuid4().int - number)
