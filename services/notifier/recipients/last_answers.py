"""What somebody was answered last, as the question that has it once more: sealed, and kept for some days."""

from datetime import timedelta
from uuid import UUID

from pydantic import TypeAdapter

from runtime.database import sql
from runtime.database.postgres import Connection, Pool
from runtime.keyring import DecryptionError, KeyRing, Sealed, row_context
from runtime.logs import logger
from services.notifier.domain.actions import Again

LOG = logger(__name__)
SQL = sql.load("services.notifier.recipients", "last_answers.sql")
LIFE = timedelta(days=3)
_AGAIN: TypeAdapter[Again] = TypeAdapter(Again)


class LastAnswers:
    """One for each person with consent, whichever of their addresses it was given at."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def keep(self, connection: Connection, recipient: UUID, again: Again) -> None:
        """Keep what was answered, in place of what was before; nothing for a guest."""
        sealed = self._ring.seal(_AGAIN.dump_json(again, exclude_none=True), context(recipient))
        await connection.execute(SQL["keep"], recipient, sealed.key_id, sealed.box)

    async def of(self, connection: Connection | Pool, recipient: UUID) -> Again | None:
        """Return what somebody was answered last; None where that was long ago, or no key opens it."""
        row = await connection.fetchrow(SQL["last"], recipient, LIFE)
        if row is None:
            return None
        try:
            opened = self._ring.open(Sealed(row["key_id"], row["box"]), context(recipient))
        except DecryptionError as error:
            LOG.error("a last answer does not open", recipient=str(recipient), reason=str(error))  # noqa: TRY400 - the trace says no more
            return None
        return _AGAIN.validate_json(opened)


def context(recipient: UUID) -> bytes:
    """Return what binds the box to its row."""
    return row_context("last_answer.box", recipient)
