"""Two people on record become one: addresses, what waits for them, and what they chose for themselves.

One transaction, which may be repeated: whoever is the other already has nothing left to give.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.database import sql
from services.notifier.delivery.store import Store, Unit
from services.notifier.recipients import conversations, routes
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
) -> RecipientId | None:
    """Make some people one with another; return who that is now, None where one was forgotten meanwhile.

    `twice` maps a subscription that ended to the one that stays in its place. Who was forgotten takes the
    others along, for the tracker has been told that they are one.
    """
    connection = unit.connection
    # What is stored after this is stored for the one who stays, and nobody else becomes anybody.
    await store.hold_intake(unit)
    asked = {*joining, into}
    rows = await connection.fetch(SQL["already"], list(asked))
    already = {RecipientId(row["id"]): RecipientId(row["into_id"]) for row in rows}
    into = already.get(into, into)
    people = asked | set(already.values())
    held = {row["id"] for row in await connection.fetch(SQL["hold"], list(people))}
    if not held >= people - already.keys():
        for one in held:
            await let_go(store, unit, one, at)
        return None
    for other in sorted(people - {into}):
        if other in held:
            await preferences.take(connection, other, into, twice)
            await connection.execute(SQL["take_addresses"], other, into)
            await connection.execute(SQL["keep_flying"], other)
            await connection.execute(SQL["take_deliveries"], other, into)
            await connection.execute(SQL["take_pictures"], other, into)
            await connection.execute(SQL["take_receipts"], other, into)
            await connection.execute(SQL["take_invitations"], other, into)
            await connection.execute(SQL["no_dialogue"], other)
            unit.outgoing.extend(await conversations.move(connection, other, into, at))
            await connection.execute(SQL["empty"], other, secrets.token_bytes(32))
            unit.guests.add(other)
        await connection.execute(SQL["take_earlier"], other, into)
        await connection.execute(SQL["join"], other, into)
    await routes.agencys_order(connection, into, store.order)
    await connection.execute(SQL["weigh_again"], into)
    for ended, stays in twice.items():
        await connection.execute(SQL["same_subscription"], ended, stays)
    return into


async def let_go(store: Store, unit: Unit, recipient: RecipientId, at: datetime) -> None:
    """Erase somebody; their row goes as soon as nothing is in the air for them."""
    await store.forget(unit, recipient, at)
    await unit.connection.execute(SQL["no_dialogue"], recipient)
    await unit.connection.execute(SQL["empty"], recipient, secrets.token_bytes(32))
    unit.guests.add(recipient)


async def follow_on(unit: Unit) -> None:
    """Give what came back from the air for people who became somebody else to that one, and let them go."""
    await unit.connection.execute(SQL["follow_on"])
    unit.guests.update(row["id"] for row in await unit.connection.fetch(SQL["left_over"]))
