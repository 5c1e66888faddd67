"""Being forgotten: what is erased at once, what is told to the tracker, what still comes through."""

import asyncio

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.forget import FORGET
from contracts.streams import FORGET_SUBJECT
from services.notifier.domain.incoming import Blocked, Said, Tapped
from services.notifier.domain.results import Accepted, NotSent, Result
from tests.integration.notifier.test_inbound import answered, did
from tests.integration.notifier.world import World, notice
from tests.waiting import until

YES = Tapped("f", "55", "q")


async def told(world: World) -> list[object]:
    """Whom the tracker is told to forget."""
    rows = await world.pool.fetch("SELECT payload FROM outbox WHERE subject = $1", FORGET_SUBJECT)
    return [FORGET.validate_json(row["payload"]).recipient_id for row in rows]


async def test_nothing_is_erased_before_the_confirming_tap(world: World) -> None:
    """The command alone asks, and a no changes nothing."""
    await world.person("7")

    await world.updates().take([did(1, Said("/forget")), did(2, Tapped("k", "55", "q"))])

    assert [] == await told(world)
    assert await world.pool.fetchval("SELECT consented_at IS NOT NULL FROM recipient")


async def test_everything_that_leads_to_somebody_is_erased_at_once(world: World) -> None:
    """Before the answer is even sent no payload, address or link is left, and the tracker will be told."""
    person = await world.person("7")
    sent, waiting = notice(person, revision=1), notice(person, revision=2)
    await world.keep(sent)
    async with world.sending(await world.lease()):
        await world.ended(sent.notice_id)
    await world.keep(waiting)
    await world.pool.execute("UPDATE lease SET expires_at = clock_timestamp()")

    await world.updates().take([did(1, YES)])

    left = await world.pool.fetch("SELECT * FROM delivery WHERE kind = 'notice'")
    assert [(None, None, "null", "accepted", ""), (None, None, "null", "withdrawn", None)] == [
        (one["recipient_id"], one["subscription_id"], one["payload"], one["state"], one["message_reference"])
        for one in sorted(left, key=lambda one: str(one["state"]))
    ]
    assert [person] == await told(world)
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM recipient WHERE id = $1", person)
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM attempt WHERE detail IS NOT NULL")


async def test_the_answer_still_comes_and_its_guest_goes(world: World) -> None:
    """The last message says what was erased; after it nothing at all is stored of the person."""
    await world.person("7", "uk")

    await world.updates().take([did(1, YES)])
    texts = await answered(world)

    assert 1 == len(texts)
    assert "Ми стерли адреси ваших чатів" in texts[0]
    assert [0, 0] == [await world.count("recipient"), await world.count("delivery")]


async def test_a_notice_that_comes_after_ends_withdrawn(world: World) -> None:
    """What the tracker sends before it learned of it reaches nobody."""
    person = await world.person("7")
    late = notice(person)
    await world.updates().take([did(1, YES)])

    await world.keep(late)

    assert "withdrawn" == await world.state(late.notice_id)


async def test_forgetting_twice_says_that_nothing_is_kept(world: World) -> None:
    """A second tap, or one by a stranger, erases nothing and says so."""
    person = await world.person("7")

    await world.updates().take([did(1, YES), did(2, YES)])
    texts = await answered(world)

    assert [person] == await told(world)
    assert "we keep nothing about you" in texts[-1]


async def in_the_air(world: World, result: Result) -> tuple[str, int]:
    """Forget somebody while a notice is in the air; return its end and how many recipients are left."""
    person = await world.person("7")
    flying = notice(person)
    gate = world.channel.gates["7"] = asyncio.Event()
    world.channel.scripts["7"] = [result]
    await world.keep(flying)
    async with world.sending(await world.lease()):
        await world.channel.began.wait()
        await world.updates().take([did(1, YES)])
        gate.set()
        await world.ended(flying.notice_id)
        await until(lambda: _nobody(world))
    return await world.state(flying.notice_id), await world.count("recipient")


async def test_what_was_in_the_air_ends_as_it_does(world: World) -> None:
    """A message that was on its way may arrive; nothing of the person is left either way."""
    assert ("accepted", 0) == await in_the_air(world, Accepted("1"))


async def test_what_was_in_the_air_is_not_tried_again(world: World) -> None:
    """A message that did not get out ends withdrawn."""
    assert ("withdrawn", 0) == await in_the_air(world, NotSent("no route"))


async def test_a_guest_who_blocks_is_gone(world: World) -> None:
    """Who forgets us and blocks us before the answer leaves nothing behind."""
    person = await world.person("7")
    waiting = notice(person)
    await world.keep(waiting)

    await world.updates().take([did(1, YES), did(2, Blocked())])

    assert 0 == await world.count("recipient")
    assert DeliveryEnd.WITHDRAWN == await world.state(waiting.notice_id)


async def _nobody(world: World) -> bool:
    return await world.count("recipient") == 0
