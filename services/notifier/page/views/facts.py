"""Where somebody's documents are: asked of the tracker, or as it was shown last where the tracker is away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from contracts.messages.following import History
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Refused, StatusAnswer
from runtime.database import sql
from runtime.database.postgres import Pool
from runtime.keyring import DecryptionError, KeyRing, Sealed, row_context
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError

SQL = sql.load("services.notifier.page.views", "facts.sql")
LOG = logger(__name__)
ASK_SECONDS = 1.5
"""For the tracker's answers to one look at the page; nobody waits longer to see anything."""
_HISTORIES: TypeAdapter[tuple[History, ...]] = TypeAdapter(tuple[History, ...])


class Tracker(Protocol):
    """What the page asks; both raise RpcUnavailableError."""

    async def status(self, recipient: RecipientId) -> StatusAnswer | Refused:
        """Return what a recipient follows."""
        ...

    async def history(self, recipient: RecipientId, subscription: UUID) -> History | Refused:
        """Return the way of one document that a recipient follows."""
        ...


@dataclass(frozen=True)
class Shown:
    """The documents, and when they were last known so where nobody could be asked now; None: never."""

    documents: Sequence[History]
    fresh: bool = True
    known_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """Asks for one process; what is kept is sealed under the key ring, in the session's own row."""

    pool: Pool
    tracker: Tracker
    ring: KeyRing

    async def of(self, session: UUID, recipient: RecipientId) -> Shown:
        """Return what to show of somebody's documents."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                documents = await self._asked(recipient)
        except (RpcUnavailableError, TimeoutError) as error:
            LOG.warning("the page cannot ask where documents are", reason=str(error) or type(error).__name__)
            return await self._kept(session)
        await self._keep(session, documents)
        return Shown(documents)

    async def _asked(self, recipient: RecipientId) -> tuple[History, ...]:
        answer = await self.tracker.status(recipient)
        if isinstance(answer, Refused):
            raise RpcUnavailableError("the tracker cannot tell what is followed")
        asked = [self.tracker.history(recipient, one.subscription_id) for one in answer.followed]
        # Refused: it was stopped between the two questions.
        return tuple(one for one in await asyncio.gather(*asked) if isinstance(one, History))

    async def _keep(self, session: UUID, documents: tuple[History, ...]) -> None:
        row = await self.pool.fetchrow(SQL["kept"], session)
        if row is not None and self._opened(session, Sealed(row["facts_key_id"], row["facts"])) == documents:
            return
        sealed = self.ring.seal(_HISTORIES.dump_json(documents, exclude_defaults=True), _context(session))
        await self.pool.execute(SQL["keep"], session, sealed.box, sealed.key_id)

    async def _kept(self, session: UUID) -> Shown:
        row = await self.pool.fetchrow(SQL["kept"], session)
        if row is None:
            return Shown((), fresh=False)
        documents = self._opened(session, Sealed(row["facts_key_id"], row["facts"]))
        if documents is None:
            return Shown((), fresh=False)
        return Shown(documents, fresh=False, known_at=row["facts_at"])

    def _opened(self, session: UUID, sealed: Sealed) -> tuple[History, ...] | None:
        try:
            return _HISTORIES.validate_json(self.ring.open(sealed, _context(session)))
        except (DecryptionError, ValidationError):
            # Under a key that is gone, or of a version that knew another form: the tracker knows it anew.
            return None


def _context(session: UUID) -> bytes:
    return row_context("page_session.facts", session)
