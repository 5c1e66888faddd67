"""What people send through the form of their page, sealed until it is dealt with as a picture is."""

import asyncio
from uuid import UUID

from runtime.database import sql
from runtime.database.postgres import Pool
from runtime.keyring import DecryptionError, KeyRing, Sealed, row_context
from runtime.logs import logger

SQL = sql.load("services.notifier.channels.web", "uploads.sql")
LOG = logger(__name__)
MOST_WAITING, MOST_OF_ONE = 100, 5
"""Uploads that wait to be dealt with, in all and of one session: they are large, and gone within seconds."""


class Uploads:
    """The uploads of all sessions."""

    def __init__(self, pool: Pool, ring: KeyRing) -> None:
        self._pool = pool
        self._ring = ring

    async def put(self, session: UUID, identity: UUID, content: bytes) -> bool:
        """Keep a file under an id, once; False where too many wait."""
        sealed = await asyncio.to_thread(self._ring.seal, content, _context(identity))
        values = identity, session, sealed.key_id, sealed.box, MOST_WAITING, MOST_OF_ONE
        await self._pool.execute(SQL["put"], *values)
        there: bool = await self._pool.fetchval(SQL["there"], identity)
        return there

    async def get(self, reference: str, most: int) -> bytes | None:
        """Return what was sent; None where it is gone or longer than `most` bytes."""
        try:
            identity = UUID(reference)
        except ValueError:
            return None
        row = await self._pool.fetchrow(SQL["get"], identity)
        if row is None:
            return None
        try:
            sealed = Sealed(row["key_id"], row["box"])
            content = await asyncio.to_thread(self._ring.open, sealed, _context(identity))
        except DecryptionError as error:
            LOG.error("an upload does not open", reason=str(error))  # noqa: TRY400 - the trace says no more
            return None
        return content if len(content) <= most else None


def _context(identity: UUID) -> bytes:
    return row_context("page_upload.box", identity)
