"""What stands at accounts that no notifier serves."""

import dataclasses
from uuid import UUID, uuid4

import pytest

from runtime.clock import Clock
from runtime.database.lease import Lease
from services.notifier.delivery.sending.queue import Queue
from services.notifier.delivery.upkeep.unserved import PATIENCE_SECONDS, ROLE, Unserved
from tests.integration.notifier.routes import ACTIONABLE, overdue, person_of_both
from tests.integration.notifier.world import CLOCK, World, make_world, notice


@pytest.fixture
def viber(world: World) -> World:
    """A messenger that has no owner."""
    return make_world(
        world.pool, world.outbox, world.recipients.of_account("viber"), world.catalogue, world.voice
    )


class Later:
    """A clock of which a test says how far it is on."""

    def __init__(self) -> None:
        self.on = 0.0

    def monotonic(self) -> float:
        """Return seconds as they pass, and those that the test adds."""
        return CLOCK.monotonic() + self.on

    def __getattr__(self, name: str) -> object:
        """Be the real clock in all else."""
        return getattr(CLOCK, name)


@dataclasses.dataclass
class Keeper:
    """What looks after accounts without an owner."""

    unserved: Unserved
    clock: Later

    async def after(self, seconds: float) -> None:
        """Look now, and again so much later."""
        await self.unserved.once()
        self.clock.on += seconds
        await self.unserved.once()


@pytest.fixture
async def keeper(world: World) -> Keeper:
    """It is ours to look after them."""
    clock = Later()
    lease = Lease(world.pool, CLOCK, ROLE, "one", term=3600)
    assert await lease.acquire() is not None

    def queue_of(account: str) -> Queue:
        people = world.recipients.of_account(account)
        return Queue(world.pool, world.store, people, account, ROLE)

    typed: Clock = clock  # type: ignore[assignment] # all but the monotonic clock is the real one
    return Keeper(Unserved(world.pool, lease, typed, ["telegram", "viber"], queue_of), clock)


async def expire(world: World, delivery: UUID) -> None:
    """Let the time pass in which a notice is worth sending."""
    await world.pool.execute("UPDATE delivery SET expires_at = clock_timestamp() WHERE id = $1", delivery)


async def stands(world: World, delivery: UUID) -> tuple[str, str | None]:
    """Where a notice stands."""
    row = await world.row(delivery)
    return row["state"], row["channel"]


async def test_what_expires_where_nobody_serves_ends(world: World, viber: World, keeper: Keeper) -> None:
    """A notice has its end and its report in time, though its account has no owner."""
    told = notice(await viber.person("7"))
    await viber.keep(told)
    await expire(world, told.notice_id)

    await keeper.unserved.once()

    assert ("expired", "viber") == await stands(world, told.notice_id)
    assert "expired" == (await world.reports())[told.notice_id].status.value


async def test_what_the_last_owner_left_in_the_air_is_unknown(
    world: World, viber: World, keeper: Keeper
) -> None:
    """An attempt whose owner never came back holds up nobody: its reader is written to by other accounts."""
    person = await person_of_both(viber, world, "7")
    first, second = notice(person), notice(person, stage=ACTIONABLE)
    await viber.keep(first)
    lease = await viber.lease()
    assert lease.token is not None
    assert await viber.tools.queue.claim(lease.token, 1, urgency=2, resting=[])
    await lease.release()
    await viber.keep(second)

    await keeper.after(PATIENCE_SECONDS)

    row = await world.row(first.notice_id)
    assert ("pending", "viber", 1) == (row["state"], row["channel"], row["unknowns"])
    assert ("pending", "telegram") == await stands(world, second.notice_id)
    # What is to be tried elsewhere goes first for a minute.
    await world.pool.execute("UPDATE delivery SET due_at = due_at - interval '1 minute'")
    own = await world.lease()
    assert own.token is not None
    claimed = await world.tools.queue.claim(own.token, 5, urgency=2, resting=[])
    assert [second.notice_id] == [one.delivery_id for one in claimed]


async def test_a_stage_waits_no_longer_than_it_allows(world: World, viber: World, keeper: Keeper) -> None:
    """The time that a stage allows an address passes also where nobody serves it."""
    told = notice(await person_of_both(viber, world, "7"), stage=ACTIONABLE)
    await viber.keep(told)
    await keeper.unserved.once()
    assert ("pending", "viber") == await stands(world, told.notice_id)

    await overdue(world.pool)
    await keeper.unserved.once()

    assert ("pending", "telegram") == await stands(world, told.notice_id)


async def test_after_a_while_all_that_can_goes_on(world: World, viber: World, keeper: Keeper) -> None:
    """Who has another way is written to there; who has none may still be when the account is served again."""
    told, alone = notice(await person_of_both(viber, world, "7")), notice(await viber.person("8"))
    await viber.keep(told, alone)
    await keeper.after(PATIENCE_SECONDS - 1)
    assert ("pending", "viber") == await stands(world, told.notice_id)

    await keeper.after(1)

    assert ("pending", "telegram") == await stands(world, told.notice_id)
    assert ("pending", "viber") == await stands(world, alone.notice_id)


async def test_an_account_with_an_owner_is_left_alone(world: World, viber: World, keeper: Keeper) -> None:
    """While somebody holds the role of an account, nothing there is touched; then patience begins anew."""
    told, flying = notice(await person_of_both(viber, world, "7")), notice(await viber.person("8"))
    await viber.keep(told, flying)
    await keeper.after(PATIENCE_SECONDS - 1)
    lease = await viber.lease()
    assert lease.token is not None
    claimed = await viber.tools.queue.claim(lease.token, 2, urgency=2, resting=[])

    await keeper.after(PATIENCE_SECONDS)
    assert {told.notice_id, flying.notice_id} == {one.delivery_id for one in claimed}
    assert ("sending", "viber") == await stands(world, told.notice_id)
    await lease.release()
    await keeper.unserved.once()

    assert ("pending", "viber") == await stands(world, told.notice_id)


async def test_a_new_owner_takes_nothing_of_a_former_one_for_its_own(world: World, viber: World) -> None:
    """Under another credential, and so another role, an attempt in the air is not one that was never made."""
    told = notice(await viber.person("7"))
    await viber.keep(told)
    former = await viber.lease()
    assert former.token is not None
    assert await viber.tools.queue.claim(former.token, 1, urgency=2, resting=[])

    new = Lease(world.pool, CLOCK, f"viber:{uuid4().hex}", "two", term=60)
    assert await new.acquire() is not None

    assert new.token is not None
    assert [False] == [one.ours for one in await viber.tools.queue.adrift(new.token, [])]
