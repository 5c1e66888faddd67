"""What ended long ago is forgotten."""

from datetime import timedelta

from contracts.streams import NOTICES
from runtime.database.lease import Lease
from services.notifier.delivery.upkeep import purge
from services.notifier.delivery.upkeep.purge import Purge
from tests.integration.notifier.world import CLOCK, World, notice


def purging(world: World, days: int) -> Purge:
    lease = Lease(world.pool, CLOCK, purge.ROLE, "one")
    return Purge(world.pool, lease, CLOCK, timedelta(days=days))


async def test_what_ended_long_ago_goes_with_its_attempts(world: World) -> None:
    """After the agency's days a delivery and its attempts are gone; the younger and what waits stay."""
    old, young, waiting = [notice(await world.person(str(number))) for number in range(3)]
    await world.keep(old, young)
    async with world.sending(await world.lease()):
        await world.ended(old.notice_id, young.notice_id)
    await world.keep(waiting)
    await world.pool.execute(
        "UPDATE delivery SET ended_at = ended_at - interval '61 days' WHERE id = $1", old.notice_id
    )

    gone = await purging(world, 60).once()

    left = {row["id"] for row in await world.pool.fetch("SELECT id FROM delivery")}
    assert (1, {young.notice_id, waiting.notice_id}) == (gone, left)
    assert 1 == await world.count("attempt")


async def test_nothing_goes_that_the_stream_still_holds(world: World) -> None:
    """However short the agency's days are, a notice that could be taken in again is known."""
    told = notice(await world.person("7"))
    await world.keep(told)
    async with world.sending(await world.lease()):
        await world.ended(told.notice_id)
    await world.pool.execute("UPDATE delivery SET ended_at = ended_at - $1::interval", NOTICES.max_age)

    assert 0 == await purging(world, 1).once()


async def test_a_full_batch_of_any_kind_is_followed_by_the_next(world: World) -> None:
    """The purge tells how much the fullest kind was: counts by the thousand leave no backlog for a day."""
    await world.pool.execute(
        "INSERT INTO contact_count (scope, since, count) "
        "SELECT sha256(int4send(n)), now() - interval '2 days', 1 FROM generate_series(1, 3) AS n"
    )

    assert [3, 0] == [await purging(world, 60).once() for _ in range(2)]
