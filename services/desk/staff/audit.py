"""What staff do and look at: a row for each, in the transaction that does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from runtime.database import sql
from runtime.database.postgres import AnyConnection, Pool
from services.desk.domain.viewers import Viewer

SQL = sql.load("services.desk.staff", "audit.sql")


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody did or looked at; `about` is the id of what it was done to."""

    number: int
    at: datetime
    login: str
    name: str
    what: str
    about: UUID | None


async def audit(connection: AnyConnection | Pool, viewer: Viewer, what: str, about: UUID | None) -> None:
    """Enter what somebody did or looked at.

    Args:
        connection: in whose transaction the row stands or falls with what it tells of.
        viewer: who.
        what: a few fixed words (`conversation read`), never words of a person; at most 60 letters.
        about: the id of what it was done to; None where there is no such thing.
    """
    await connection.execute(SQL["enter"], viewer.staff_id, what, about)


async def deeds(
    pool: Pool, *, before: int | None, login: str | None, about: UUID | None, limit: int
) -> Sequence[Deed]:
    """Return what staff did, the latest first; of one of them, or about one thing, or all of it."""
    return [Deed(*row) for row in await pool.fetch(SQL["entries"], before, login, about, limit)]
