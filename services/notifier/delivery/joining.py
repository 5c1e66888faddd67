"""Two people on record become one: addresses, what waits for them, and what they chose for themselves.

One transaction, which may be repeated: whoever is gone, or is the other already, has nothing left to give.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.database import sql
from services.notifier.delivery.store import Store, Unit
from services.notifier.recipients.preferences import Preferences

SQL = sql.load("services.notifier.delivery", "joining.sql")


async def become(
    store: Store,
    preferences: Preferences,
    unit: Unit,
    joining: Collection[RecipientId],
    into: RecipientId,
    *,
    twice: Mapping[UUID, UUID],
    at: datetime,
) -> bool:
    """Make some people one with another, who has a record; False where that one was forgotten meanwhile.

    `twice` maps a subscription that ended to the one that stays in its place. Who was forgotten takes the
    other along, for the tracker has been told that they are one.
    """
    others = sorted(set(joining) - {into})
    connection = unit.connection
    # What is stored after this is stored for the one who stays.
    await store.hold_intake(unit)
    held = {row["id"] for row in await connection.fetch(SQL["hold"], [*others, into])}
    if into not in held:
        for other in others:
            if other in held:
                await store.forget(unit, other, at)
                unit.guests.add(other)
        return False
    for other in others:
        if other in held:
            await preferences.take(connection, other, into, twice)
            await connection.execute(SQL["take_addresses"], other, into)
            await connection.execute(SQL["keep_flying"], other)
            await connection.execute(SQL["take_deliveries"], other, into)
            await connection.execute(SQL["take_pictures"], other, into)
            await connection.execute(SQL["take_receipts"], other, into)
            await connection.execute(SQL["no_dialogue"], other)
            await connection.execute(SQL["empty"], other, secrets.token_bytes(32))
            unit.guests.add(other)
        await connection.execute(SQL["take_earlier"], other, into)
        await connection.execute(SQL["join"], other, into)
    for ended, stays in twice.items():
        await connection.execute(SQL["same_subscription"], ended, stays)
    return True


async def follow_on(unit: Unit) -> None:
    """Give what came back from the air for people who became somebody else to that one, and let them go."""
    await unit.connection.execute(SQL["follow_on"])
    unit.guests.update(row["id"] for row in await unit.connection.fetch(SQL["left_over"]))
