"""What staff have written and not sent: kept on our side, sealed, until it is sent or its days are over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid4

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool, storable
from runtime.keyring import DecryptionError, KeyRing, Sealed, row_context

SQL = sql.load("services.desk.page", "drafts.sql")
PURPOSE = "desk/drafts"
BATCH = 1000
Box = Literal["answer", "note"]
BOXES: tuple[Box, ...] = ("answer", "note")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, and the id under which it is sent once, however often that is tried."""

    draft_id: UUID
    text: str


class Drafts:
    """The drafts in the database."""

    def __init__(self, pool: Pool, ring: KeyRing, clock: Clock) -> None:
        self._pool = pool
        self._ring = ring
        self._clock = clock

    async def of(self, staff_id: UUID, conversation_id: UUID) -> Mapping[Box, Draft]:
        """Return what somebody has in each box; a fresh, empty draft where there is nothing."""
        rows = await self._pool.fetch(SQL["of"], staff_id, conversation_id)
        kept = {
            row["box"]: self._opened(staff_id, row["draft_id"], Sealed(row["key_id"], row["sealed"]))
            for row in rows
        }
        return {box: kept.get(box) or Draft(uuid4(), "") for box in BOXES}

    async def keep(self, staff_id: UUID, conversation_id: UUID, box: Box, draft: Draft) -> None:
        """Keep a text; an empty one is forgotten."""
        if not draft.text.strip():
            await self._pool.execute(SQL["clear"], staff_id, conversation_id, box)
            return
        text = storable(draft.text).encode()
        sealed = self._ring.seal(text, _context(staff_id, draft.draft_id))
        row = (staff_id, conversation_id, box, draft.draft_id, sealed.key_id, sealed.box, self._clock.now())
        await self._pool.execute(SQL["keep"], *row)

    async def drop(self, staff_id: UUID, conversation_id: UUID, box: Box, draft_id: UUID) -> None:
        """Forget a draft that was sent; what was begun after it stays."""
        await self._pool.execute(SQL["drop"], staff_id, conversation_id, box, draft_id)

    async def held(self, staff_id: UUID) -> frozenset[UUID]:
        """Return the conversations in which somebody has written something."""
        return frozenset(row["conversation_id"] for row in await self._pool.fetch(SQL["held"], staff_id))

    def _opened(self, staff_id: UUID, draft_id: UUID, sealed: Sealed) -> Draft | None:
        """Return a draft; None where the key is gone that opens it: it is as if it were not there."""
        try:
            return Draft(draft_id, self._ring.open(sealed, _context(staff_id, draft_id)).decode())
        except DecryptionError:
            return None


@dataclass(frozen=True)
class Purge:
    """Removes drafts that nobody touched for so long."""

    pool: Pool
    clock: Clock
    keep: timedelta

    async def once(self) -> int:
        """Remove at most BATCH; return how many."""
        done = await self.pool.execute(SQL["purge"], self.clock.now() - self.keep, BATCH)
        return int(done.rpartition(" ")[2])


def _context(staff_id: UUID, draft_id: UUID) -> bytes:
    return row_context("draft.sealed", draft_id) + staff_id.bytes
