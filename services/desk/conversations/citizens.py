"""Whose conversations they are: citizens who are forgotten, and two who become one.

Their rows are locked before those of conversations: nothing begins for somebody who is being forgotten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.messages.desk.talk import (
    AnyTalk,
    Forgotten,
    Moved,
    Opened,
)
from runtime.database import sql
from runtime.database.postgres import Connection

SQL = sql.load("services.desk.conversations", "citizens.sql")
_LONGEST_CHAIN = 20


@dataclass(frozen=True)
class Citizens:
    """The citizens whom a batch is about, locked, with what it says of them.

    Attributes:
        moves: who goes on as whom, by what was known and what the batch says.
        fresh_moves: what the batch says of it.
        forgotten: those who were, and are, to be forgotten.
        newly: those of them of whom the batch says so.
    """

    moves: Mapping[UUID, UUID]
    fresh_moves: Sequence[tuple[UUID, UUID]]
    forgotten: frozenset[UUID]
    newly: frozenset[UUID]

    @classmethod
    async def locked(cls, connection: Connection, talks: Sequence[AnyTalk]) -> "Citizens":
        """Lock all whom a batch names, and those as whom they go on."""
        moved = [(one.joining, one.into) for one in talks if isinstance(one, Moved)]
        newly = frozenset[UUID](one.recipient_id for one in talks if isinstance(one, Forgotten))
        wanted = {one.recipient_id for one in talks if isinstance(one, Opened)} | newly
        wanted |= {id_ for pair in moved for id_ in pair}
        moves: dict[UUID, UUID] = {}
        forgotten: set[UUID] = set(newly)
        known: set[UUID] = set()
        for _ in range(_LONGEST_CHAIN):
            missing = sorted(wanted - known)
            if not missing:
                break
            await connection.execute(SQL["begin"], missing)
            for row in await connection.fetch(SQL["lock"], missing):
                known.add(row["recipient_id"])
                if row["moved_to"] is not None:
                    moves[row["recipient_id"]] = row["moved_to"]
                    wanted.add(row["moved_to"])
                if row["forgotten"]:
                    forgotten.add(row["recipient_id"])
        fresh = [(joining, into) for joining, into in moved if joining != into]
        moves.update(fresh)
        return cls(moves, fresh, frozenset(forgotten), newly)

    def now(self, recipient: UUID) -> UUID | None:
        """Return as whom somebody goes on; None where they, or whom they became, are forgotten."""
        for _ in range(_LONGEST_CHAIN):
            if recipient in self.forgotten:
                return None
            if recipient not in self.moves:
                break
            recipient = self.moves[recipient]
        return recipient

    async def conversations(self, connection: Connection) -> Sequence[UUID]:
        """Return the conversations of those whom the batch forgets or moves."""
        whose = [*self.newly, *(joining for joining, _ in self.fresh_moves)]
        return [row["conversation_id"] for row in await connection.fetch(SQL["conversations"], whose)]

    async def settle(self, connection: Connection, erased: Iterable[UUID]) -> Sequence[UUID]:
        """Write down what the batch says of citizens, and erase; return the conversations that were erased.

        `erased` are conversations that began for somebody who was forgotten before. Their rows, and those of
        `conversations`, are locked already.
        """
        for joining, into in self.fresh_moves:
            await connection.execute(SQL["move"], joining, into)
            await connection.execute(SQL["move_conversations"], joining, into)
        if self.newly:
            await connection.execute(SQL["forget"], sorted(self.newly))
        whose = await connection.fetch(SQL["conversations"], sorted(self.newly))
        ids = sorted({*erased, *(row["conversation_id"] for row in whose)})
        if ids:
            await connection.execute(SQL["erase_utterances"], ids)
            await connection.execute(SQL["erase_notes"], ids)
            await connection.execute(SQL["erase"], ids)
        return ids
