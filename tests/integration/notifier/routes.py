"""Two messengers beside each other, and people whom both reach."""

from collections.abc import Sequence

from contracts.messages.ids import RecipientId
from runtime.database.postgres import Pool
from services.notifier.delivery.joining import become
from tests.integration.notifier.world import World, notice
from tests.waiting import until

ACTIONABLE = "arrived"


async def person_of_both(first: World, second: World, address: str) -> RecipientId:
    """Put somebody on record whom two messengers reach at the same address, the first one first."""
    return await joined_person([first, second], address)


async def joined_person(worlds: Sequence[World], address: str) -> RecipientId:
    """Put somebody on record whom each of these messengers reaches at the same address, in this order."""
    first, *others = worlds
    stays = await first.person(address)
    joining = [await other.person(address) for other in others]
    async with first.store.unit() as unit:
        preferences, at = first.recipients.preferences, notice(stays).created_at
        for other in joining:
            assert await become(first.store, preferences, unit, [other], stays, twice={}, at=at)
    return stays


async def overdue(pool: Pool) -> None:
    """Let the time pass that a stage allows an address."""
    await pool.execute("UPDATE delivery SET reach_by = clock_timestamp() WHERE reach_by IS NOT NULL")


async def sent(world: World, count: int) -> None:
    """Wait until a messenger was called so often."""

    async def called() -> bool:
        return len(world.channel.sent) >= count

    await until(called)
