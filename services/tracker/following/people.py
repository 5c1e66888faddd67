"""Who a recipient is: themselves, or the one whom they joined.

Whatever still arrives about somebody who was joined, a call, a wish to be forgotten, is about the one whom
they joined. Whoever acts for a person holds the person's lock, so nobody is joined meanwhile: it comes before
all other locks, and of several the lowest id first.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from contracts.messages.ids import RecipientId
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Connection, retrying

T = TypeVar("T")
SQL = sql.load("services.tracker.following", "people.sql")


class JoinedError(Exception):
    """A recipient is somebody else by now: roll back, and act for that one."""

    def __init__(self, recipient: RecipientId, into: RecipientId) -> None:
        super().__init__("a recipient has joined another one")
        self.recipient = recipient
        self.into = into


async def lock_person(connection: Connection, recipient: RecipientId) -> bool:
    """Take turns with whoever else acts for a person; return whether they are forgotten.

    Raises JoinedError where they are somebody else.
    """
    await connection.execute(SQL["lock_recipient"], recipient)
    row = await connection.fetchrow(SQL["who"], recipient)
    if row is not None and row["into_id"] is not None:
        raise JoinedError(recipient, row["into_id"])
    return row is not None and bool(row["forgotten"])


async def acting_for(recipient: RecipientId, work: Callable[[RecipientId], Awaitable[T]], clock: Clock) -> T:
    """Run a transaction that locks a person, for the one that they are; retried with bounds."""
    while True:
        try:
            return await retrying(partial(work, recipient), clock)
        except JoinedError as error:
            recipient = error.into


async def all_of(connection: Connection, person: RecipientId) -> list[RecipientId]:
    """Return every recipient that a person is, whose lock is held."""
    rows = await connection.fetch(SQL["joined_into"], person)
    return [person, *(RecipientId(row["recipient_id"]) for row in rows)]
