"""Guests: people without consent, on record for as long as something waits for them."""

from collections.abc import Iterable
from uuid import UUID

from runtime.database import sql
from runtime.database.postgres import Connection

SQL = sql.load("services.notifier.recipients", "guests.sql")


async def forget_idle(connection: Connection, candidates: Iterable[UUID]) -> None:
    """Delete guests for whom nothing waits; locked first, as an answer may be stored for them meanwhile."""
    people = list(candidates)
    if not people:
        return
    held = [row["id"] for row in await connection.fetch(SQL["lock_guests"], people)]
    if not held:
        return
    idle = [row["id"] for row in await connection.fetch(SQL["idle_guests"], held)]
    await connection.execute(SQL["delete_answers"], idle)
    await connection.execute(SQL["delete_guests"], idle)
