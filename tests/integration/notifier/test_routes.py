"""A person's addresses as a route: where a notice goes, when it goes on, and what its end is."""

from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import pytest

from contracts.messages.delivery import DELIVERY_REPORT
from services.notifier.domain.incoming import DeliveryReceipt, Incoming
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.recipients import routes
from tests.integration.notifier.routes import ACTIONABLE, overdue, person_of_both, sent
from tests.integration.notifier.world import CLOCK, World, make_world, notice
from tests.waiting import until


@pytest.fixture
def viber(world: World) -> World:
    """A second messenger, which tells what arrived, beside the first."""
    recipients = world.recipients.of_account("viber")
    return make_world(world.pool, world.outbox, recipients, world.catalogue, world.voice, receipts=True)


async def told(world: World, status: str, reference: str) -> None:
    """Have the messenger tell of a message to somebody."""
    body = DeliveryReceipt(reference, status)  # type: ignore[arg-type]
    incoming = Incoming(str(uuid4().int % 2**62), "7", private=True, language=None, at=CLOCK.now(), body=body)
    await world.updates().take_one(incoming)


async def reported(world: World) -> list[tuple[UUID, str]]:
    """What the tracker is told, in the order of its telling."""
    rows = await world.pool.fetch("SELECT payload FROM outbox ORDER BY created_at")
    reports = [DELIVERY_REPORT.validate_json(row["payload"]) for row in rows]
    return [(report.notice_id, report.says.value) for report in reports]


async def rows(world: World, state: str) -> int:
    """How many deliveries are in a state."""
    return int(await world.pool.fetchval("SELECT count(*) FROM delivery WHERE state = $1", state))


class Both:
    """Both messengers at work."""

    def __init__(self, *worlds: World) -> None:
        self._worlds = worlds
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> None:
        for world in self._worlds:
            await self._stack.enter_async_context(world.sending(await world.lease()))

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


@pytest.mark.parametrize("refusal", [Unreachable("blocked"), Permanent("rejected", "no")])
async def test_a_refused_notice_goes_to_the_next_address(world: World, viber: World, refusal: Result) -> None:
    """What the first address refuses for good the second one gets, and the notice has one end."""
    first = notice(await person_of_both(world, viber, "7"))
    world.channel.scripts["7"] = [refusal]
    await world.keep(first)

    async with Both(world, viber):
        await world.ended(first.notice_id)

    row = await world.row(first.notice_id)
    assert ("accepted", "viber", False) == (row["state"], row["channel"], row["may_repeat"])
    assert (1, 1) == (len(world.channel.sent), len(viber.channel.sent))
    assert [(first.notice_id, "accepted")] == await reported(world)


async def test_who_blocks_one_messenger_is_written_to_by_the_other_from_then_on(
    world: World, viber: World
) -> None:
    """An address that cannot be written to is passed over, and what waited there goes on."""
    person = await person_of_both(world, viber, "7")
    first, second = notice(person), notice(person)
    world.channel.scripts["7"] = [Unreachable("blocked")]
    await world.keep(first, second)

    async with Both(world, viber):
        await world.ended(first.notice_id, second.notice_id)
        third = notice(person)
        await world.keep(third)
        viber.tools.wake.set()
        await world.ended(third.notice_id)

    assert (1, 3) == (len(world.channel.sent), len(viber.channel.sent))
    assert 3 == await rows(world, "accepted")


async def test_a_notice_is_undeliverable_only_after_the_last_address(world: World, viber: World) -> None:
    """Each address is tried once; then the notice ends, for the reason of the last."""
    first = notice(await person_of_both(world, viber, "7"))
    world.channel.scripts["7"] = [Unreachable("blocked")]
    viber.channel.scripts["7"] = [Unreachable("deactivated")]
    await world.keep(first)

    async with Both(world, viber):
        await world.ended(first.notice_id)

    row = await world.row(first.notice_id)
    assert ("undeliverable", "deactivated", 2) == (row["state"], row["reason"], row["attempts"])
    assert [(first.notice_id, "undeliverable")] == await reported(world)


async def test_an_unknown_outcome_moves_on_only_where_one_must_act(world: World, viber: World) -> None:
    """A stage to act upon is worth a copy elsewhere, which says so; any other is sent again where it was."""
    plain = notice(await person_of_both(world, viber, "7"))
    urgent = notice(await person_of_both(world, viber, "8"), stage=ACTIONABLE)
    world.channel.scripts |= {"7": [Unknown("reset")], "8": [Unknown("reset")]}
    await world.keep(plain, urgent)

    async with Both(world, viber):
        await world.ended(plain.notice_id, urgent.notice_id)

    found = {row["id"]: row for row in await world.pool.fetch("SELECT * FROM delivery")}
    assert ("telegram", False) == (
        found[plain.notice_id]["channel"],
        found[plain.notice_id]["may_repeat"],
    )
    assert ("viber", True) == (found[urgent.notice_id]["channel"], found[urgent.notice_id]["may_repeat"])
    said = [*world.channel.texts("7"), *world.channel.texts("8"), *viber.channel.texts("8")]
    assert [False, False, False, True] == ["perhaps twice" in text for text in said]


async def test_a_failed_message_is_told_at_the_next_address(world: World, viber: World) -> None:
    """After a failed receipt the notice goes on, with no word of copies, and has one end."""
    person = await person_of_both(viber, world, "7")
    first = notice(person)
    await viber.keep(first)

    async with Both(world, viber):
        await viber.ended(first.notice_id)
        await told(viber, "failed", "1")
        world.tools.wake.set()
        await sent(world, 1)
        await until(lambda: _all_ended(world))

    follows = await world.pool.fetchrow("SELECT * FROM delivery WHERE follows = $1", first.notice_id)
    assert follows is not None
    assert ("accepted", "telegram", False) == (follows["state"], follows["channel"], follows["may_repeat"])
    assert [(first.notice_id, "accepted")] == await reported(world)


async def test_what_failed_everywhere_is_reported(world: World, viber: World) -> None:
    """A failed message that no other address could follow is told to the tracker as failed, once."""
    person = await person_of_both(viber, world, "7")
    first = notice(person)
    world.channel.scripts["7"] = [Unreachable("blocked")]
    await viber.keep(first)

    async with Both(world, viber):
        await viber.ended(first.notice_id)
        await told(viber, "failed", "1")
        world.tools.wake.set()
        await until(lambda: _all_ended(world))

    assert [(first.notice_id, "accepted"), (first.notice_id, "failed")] == await reported(world)


async def test_a_message_without_a_receipt_in_time_is_followed(world: World, viber: World) -> None:
    """Where nothing says in time that it arrived, the next address is told that it may come twice."""
    person = await person_of_both(viber, world, "7")
    first = notice(person, stage=ACTIONABLE)
    await viber.keep(first)

    async with Both(world, viber):
        await viber.ended(first.notice_id)
        await overdue(world.pool)
        await sent(world, 1)
        await until(lambda: _all_ended(world))

    follows = await world.pool.fetchrow("SELECT * FROM delivery WHERE follows = $1", first.notice_id)
    assert follows is not None
    assert ("accepted", True) == (follows["state"], follows["may_repeat"])
    assert [(first.notice_id, "accepted")] == await reported(world)


async def test_what_was_followed_in_time_and_fails_later_is_not_followed_again(
    world: World, viber: World
) -> None:
    """A message that was not heard of, and of which it is told afterwards that it failed, has one copy."""
    person = await person_of_both(viber, world, "7")
    first = notice(person, stage=ACTIONABLE)
    viber.channel.scripts["7"] = [Accepted("taken")]
    await viber.keep(first)

    async with Both(world, viber):
        await viber.ended(first.notice_id)
        await overdue(world.pool)
        await sent(world, 1)
        await until(lambda: _all_ended(world))
        await told(viber, "failed", "taken")
        await until(lambda: _all_ended(world))

    assert 1 == await world.pool.fetchval("SELECT count(*) FROM delivery WHERE follows IS NOT NULL")
    assert 1 == len(world.channel.sent)
    assert [(first.notice_id, "accepted")] == await reported(world)


async def test_what_arrived_is_not_told_again(world: World, viber: World) -> None:
    """A receipt in time leaves the other address alone, and one that comes late ends what waits there."""
    person = await person_of_both(viber, world, "7")
    early, late = notice(person, stage=ACTIONABLE), notice(person, stage=ACTIONABLE)
    await viber.keep(early, late)
    async with Both(viber):
        await viber.ended(early.notice_id, late.notice_id)
        await told(viber, "delivered", "1")
        await overdue(world.pool)

        async def followed() -> bool:
            return bool(await world.pool.fetchval("SELECT count(*) FROM delivery WHERE follows IS NOT NULL"))

        await until(followed)
        await told(viber, "seen", "2")

    follows = await world.pool.fetch("SELECT * FROM delivery WHERE follows IS NOT NULL")
    assert [(late.notice_id, "withdrawn", "arrived")] == [
        (row["follows"], row["state"], row["reason"]) for row in follows
    ]


async def test_nobody_hears_of_an_older_stage_at_the_other_address(world: World, viber: World) -> None:
    """A notice whose message failed is not told again once a newer stage was attempted anywhere."""
    person, subscription = await person_of_both(viber, world, "7"), uuid4()
    older = notice(person, subscription=subscription, revision=1)
    newer = notice(person, subscription=subscription, revision=2)
    await viber.keep(older)
    async with Both(viber):
        await viber.ended(older.notice_id)
        await viber.keep(newer)
        await viber.ended(newer.notice_id)
        await told(viber, "failed", "1")

    assert [] == await world.pool.fetch("SELECT * FROM delivery WHERE follows IS NOT NULL")
    assert (older.notice_id, "failed") in await reported(world)


async def test_an_account_that_is_down_holds_a_notice_no_longer_than_its_stage_allows(
    world: World, viber: World
) -> None:
    """What waits at a refused account goes to the next address when its time is over."""
    first = notice(await person_of_both(world, viber, "7"), stage=ACTIONABLE)
    world.channel.scripts["7"] = [AccountDown("revoked")] * 100
    await world.keep(first)

    async with Both(world, viber):
        await sent(world, 1)
        await overdue(world.pool)
        await world.ended(first.notice_id)

    row = await world.row(first.notice_id)
    assert ("accepted", "viber", False) == (row["state"], row["channel"], row["may_repeat"])


@pytest.mark.parametrize("wait", [Throttled(3600, "chat"), NotSent("no route")])
async def test_what_is_to_wait_at_an_address_waits_no_longer_than_its_stage_allows(
    world: World, viber: World, wait: Result
) -> None:
    """What a messenger puts off again and again goes to the next address when its time is over."""
    first = notice(await person_of_both(world, viber, "7"), stage=ACTIONABLE)
    world.channel.scripts["7"] = [wait] * 100
    await world.keep(first)

    async with Both(world, viber):
        await sent(world, 1)
        await until(lambda: _put_off(world, first.notice_id))
        await overdue(world.pool)
        await world.ended(first.notice_id)

    row = await world.row(first.notice_id)
    assert ("accepted", "viber", False) == (row["state"], row["channel"], row["may_repeat"])


async def test_who_stops_following_hears_nothing_once_more(world: World, viber: World) -> None:
    """After a stop no message goes to another address, not even where the first one failed."""
    person, subscription = await person_of_both(viber, world, "7"), uuid4()
    first = notice(person, subscription=subscription, stage=ACTIONABLE)
    await viber.keep(first)
    async with Both(viber):
        await viber.ended(first.notice_id)
    async with world.store.unit() as unit:
        await world.store.let_rest(unit, person, subscription)
    await overdue(world.pool)
    await viber.tools.queue.sweep(1)

    assert [] == await world.pool.fetch("SELECT * FROM delivery WHERE follows IS NOT NULL")


async def test_an_address_that_is_taken_off_gets_nothing_more(world: World, viber: World) -> None:
    """What waits at an address which its owner takes off goes to the next one."""
    person = await person_of_both(world, viber, "7")
    first = notice(person)
    await world.keep(first)
    async with world.store.unit() as unit:
        ways = await routes.ways_of(unit.connection, person)
        assert ["telegram", "viber"] == [way.account for way in ways]
        assert "dropped" == await routes.drop(unit.connection, person, ways[0].address_id)
        await world.store.leave_unreachable(unit, [person])

    async with Both(world, viber):
        await world.ended(first.notice_id)

    assert ([], 1) == (world.channel.sent, len(viber.channel.sent))
    assert None is await world.recipients.find(world.pool, "7")


async def test_people_choose_the_order(world: World, viber: World) -> None:
    """The address that somebody puts first is tried first."""
    person = await person_of_both(world, viber, "7")
    async with world.store.unit() as unit:
        ways = await routes.ways_of(unit.connection, person)
        await routes.put_first(unit.connection, person, ways[1].address_id)
    first = notice(person)
    await world.keep(first)

    async with Both(world, viber):
        await world.ended(first.notice_id)

    assert ([], 1) == (world.channel.sent, len(viber.channel.sent))


async def test_two_accounts_never_write_to_one_person_at_once(world: World, viber: World) -> None:
    """While one messenger is called for somebody the other one waits."""
    person = await person_of_both(world, viber, "7")
    first, second = notice(person), notice(person)
    await world.keep(first, second)
    await world.pool.execute(
        "UPDATE delivery d SET channel = a.channel, address_id = a.id FROM address a "
        "WHERE d.id = $1 AND a.channel = 'viber'",
        second.notice_id,
    )
    one, other = await world.lease(), await viber.lease()
    assert one.token is not None
    assert other.token is not None

    claimed = await world.tools.queue.claim(one.token, 5, urgency=2, resting=[])
    beside = await viber.tools.queue.claim(other.token, 5, urgency=2, resting=[])

    assert ([first.notice_id], []) == ([claim.delivery_id for claim in claimed], beside)


async def test_an_accepted_result_names_its_message(world: World, viber: World) -> None:
    """A receipt finds its message at whichever address that went to."""
    first = notice(await person_of_both(world, viber, "7"))
    world.channel.scripts["7"] = [Unreachable("blocked")]
    viber.channel.scripts["7"] = [Accepted("v-1")]
    await world.keep(first)
    async with Both(world, viber):
        await world.ended(first.notice_id)
        await told(viber, "seen", "v-1")

    assert [(first.notice_id, "accepted"), (first.notice_id, "seen")] == await reported(world)


async def _put_off(world: World, delivery: UUID) -> bool:
    row = await world.row(delivery)
    return bool(row["state"] == "pending" and row["attempts"])


async def _all_ended(world: World) -> bool:
    return not await world.pool.fetchval("SELECT count(*) FROM delivery WHERE ended_at IS NULL")
