"""One address ended from outside of a conversation: the others go on, or nothing of its owner is kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.messages.ids import RecipientId
from services.notifier.delivery.joining import let_go
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.addresses.ways import Dropped, LeftAltogether
from services.notifier.recipients import routes
from services.notifier.recipients.addresses import Recipients


@dataclass(frozen=True)
class Leaving:
    """Ends addresses; `recipients` are those of any account."""

    store: Store
    recipients: Recipients

    async def by_link(self, address: UUID, at: datetime) -> None:
        """End the address that stands under an id; nothing where it is nobody's any more."""
        async with self.store.unit() as unit:
            await self.store.hold_intake(unit)
            person = await self.recipients.who(unit.connection, address)
            if person is not None and person.consented_at is not None:
                await leave(self.store, unit, person.id, address, at)


async def leave(
    store: Store, unit: Unit, person: RecipientId, address: UUID, at: datetime
) -> Dropped | LeftAltogether | None:
    """End an address of somebody's, and tell what is left: None where it was not theirs.

    Who can be reached nowhere else is forgotten, for nobody could tell them anything, nor they us.
    """
    # Before any row is held, as everybody does who may forget somebody.
    await store.hold_intake(unit)
    account = {way.address_id: way.account for way in await routes.ways_of(unit.connection, person)}
    done = await routes.drop(unit.connection, person, address)
    if done == "gone":
        return None
    if done == "last":
        await let_go(store, unit, person, at)
        return LeftAltogether()
    # What waits there goes on to the next address.
    await store.leave_unreachable(unit, [person])
    left = await routes.ways_of(unit.connection, person)
    first = next((way for way in left if way.reachable), left[0])
    return Dropped(account[address], first.account, here=True)
