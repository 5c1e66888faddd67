"""Publishers that are held: who is, who becomes so, and the messages that wait for the release."""

from collections.abc import Collection, Sequence
from datetime import datetime

from contracts.messages.ids import Publisher
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from services.tracker.store.notices import NewNotice

SQL = sql.load("services.tracker.store", "holds.sql")


async def held_among(connection: Connection, publishers: Collection[Publisher]) -> set[Publisher]:
    """Return which of these publishers are held; a release waits until this transaction is over."""
    rows = await connection.fetch(SQL["held_of"], sorted(publishers)) if publishers else []
    return {row["publisher"] for row in rows}


async def hold(
    connection: Connection,
    publisher: Publisher,
    *,
    now: datetime,
    actor: str,
    why: str,
    since: datetime | None,
) -> bool:
    """Hold a publisher; False where it is held already."""
    return await connection.fetchval(SQL["hold"], publisher, now, actor, why, since) is not None


async def keep_back(connection: Connection, notices: Sequence[NewNotice], now: datetime) -> list[Row]:
    """Keep the messages of held publishers back until their release; return the others."""
    causes = [notice.entry.publisher for notice in notices]
    held = await held_among(connection, {publisher for publisher in causes if publisher is not None})
    kept = [notice for notice in notices if notice.entry.publisher in held]
    if kept:
        columns = sql.columns_of(kept, ("message.id", "entry.publisher", "message.payload"))
        await connection.execute(SQL["keep_back"], *columns, now)
    return [notice.message for notice in notices if notice.entry.publisher not in held]
