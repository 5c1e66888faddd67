"""The conversation on the page: what we wrote and what the citizen did, sealed, each in its own row.

Whoever looks at a session is told of every change by NOTIFY, in whichever process.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from runtime.database import sql
from runtime.database.postgres import Pool
from runtime.keyring import DecryptionError, KeyRing, Sealed, row_context
from runtime.logs import logger
from services.notifier.domain.messages import Message

SQL = sql.load("services.notifier.channels.web", "messages.sql")
LOG = logger(__name__)
WAKE_CHANNEL = "docwatch_page"
MOST_KEPT = 300
"""Messages of one conversation; older ones go."""
CROPPED_EVERY = 20
"""Changes of a conversation after which it is looked at whether there are too many."""
MOST_SHOWN = 60
Put = Literal["new", "known", "given_up", "gone"]
"""What came of a message: there is no such session any more, or nobody has looked at it for too long."""
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


@dataclass(frozen=True)
class Line:
    """One message of a conversation: where it stands, and in which of its versions it came or was changed."""

    id: UUID
    place: int
    version: int
    ours: bool
    at: datetime
    seen: bool
    message: Message


class Messages:
    """The conversations of all sessions; an `address` is that of a session, its digest in hexadecimal."""

    def __init__(self, pool: Pool, ring: KeyRing) -> None:
        self._pool = pool
        self._ring = ring

    async def put(
        self, address: str, key: UUID, message: Message, *, ours: bool, at: datetime | None = None
    ) -> Put:
        """Add a message, and tell what came of it; the same key adds it once."""
        sealed, digest = self._seal(key, message), bytes.fromhex(address)
        row = await self._pool.fetchrow(SQL["put"], digest, key, ours, sealed.box, sealed.key_id, at)
        if row is not None:
            # By its count of changes, so that a conversation costs no more than now and then, whoever writes.
            if row["version"] % CROPPED_EVERY == 0:
                await self.crop(row["id"])
            return "new" if row["new"] else "known"
        return "given_up" if await self._pool.fetchval(SQL["given_up"], digest) else "gone"

    async def change(self, address: str, replaced: UUID, message: Message) -> bool:
        """Put another text in place of one of ours; False where that is gone."""
        sealed = self._seal(replaced, message)
        row = await self._pool.fetchrow(
            SQL["change"], bytes.fromhex(address), replaced, sealed.box, sealed.key_id
        )
        return row is not None

    async def since(self, session: UUID, version: int) -> Sequence[Line]:
        """Return what came or changed after a version, in that order; at most as many as are shown."""
        return self._lines(await self._pool.fetch(SQL["since"], session, version, MOST_SHOWN))

    async def last(self, session: UUID) -> Sequence[Line]:
        """Return the end of a conversation, oldest first."""
        rows = await self._pool.fetch(SQL["last"], session, MOST_SHOWN)
        return self._lines(rows[::-1])

    async def one(self, session: UUID, message: UUID) -> Line | None:
        """Return one message; None where the session has no such."""
        return next(iter(self._lines(await self._pool.fetch(SQL["one"], session, message))), None)

    async def version(self, session: UUID) -> int | None:
        """Return how often a conversation has changed; None where it is over."""
        version: int | None = await self._pool.fetchval(SQL["version"], session)
        return version

    async def unseen(self, session: UUID, version: int) -> Sequence[UUID]:
        """Return what of ours nobody has seen up to a version."""
        return [row["id"] for row in await self._pool.fetch(SQL["unseen"], session, version, MOST_SHOWN)]

    async def see(self, session: UUID, seen: Sequence[UUID]) -> None:
        """Note that messages were seen."""
        await self._pool.execute(SQL["see"], session, seen)

    async def crop(self, session: UUID) -> None:
        """Let the oldest go, where there are too many."""
        await self._pool.execute(SQL["crop"], session, MOST_KEPT)

    def _seal(self, identity: UUID, message: Message) -> Sealed:
        return self._ring.seal(_MESSAGE.dump_json(message, exclude_defaults=True), _context(identity))

    def _lines(self, rows: Sequence[asyncpg.Record]) -> list[Line]:
        return [line for row in rows if (line := self._line(row)) is not None]

    def _line(self, row: asyncpg.Record) -> Line | None:
        try:
            content = self._ring.open(Sealed(row["key_id"], row["box"]), _context(row["id"]))
        except DecryptionError as error:
            LOG.error("a message of the page does not open", reason=str(error))  # noqa: TRY400 - the trace says no more
            return None
        return Line(
            row["id"],
            row["place"],
            row["version"],
            row["ours"],
            row["at"],
            row["seen_at"] is not None,
            _MESSAGE.validate_json(content),
        )


def _context(identity: UUID) -> bytes:
    return row_context("page_message.box", identity)


def said_id(session: UUID, once: str) -> UUID:
    """Return under which id stands what a citizen did, the same for the same form posted again."""
    return UUID(bytes=hashlib.sha256(session.bytes + once.encode()).digest()[:16], version=4)
