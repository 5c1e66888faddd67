"""Files of conversations: kept sealed in the transaction that tells the desk of them, for days."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from contracts.catalogue.desk_terms import FileTerms
from contracts.messages.desk.talk import SentFile, file_context
from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Connection
from runtime.keyring import Sealed
from services.notifier.delivery.store import Unit
from services.notifier.files.content import Content
from services.notifier.recipients.conversations import Conversations, Speaker

SQL = sql.load("services.notifier.files", "keeping.sql")
Kept = Literal["first", "kept", "over", "many", "full"]
"""What came of a file: the first of its conversation or a further one; refused, and why."""


@dataclass(frozen=True)
class NewFile:
    """A file that is to be kept: where it was sent, what it is, and its content sealed."""

    id: UUID
    conversation: UUID
    content: Content
    box: Sealed


@dataclass(frozen=True)
class Files:
    """Keeps files on an agency's terms; all of them take at most `room` bytes."""

    talks: Conversations
    terms: FileTerms
    room: int

    async def sealed(self, conversation: UUID, account: str, update: str, content: Content) -> NewFile:
        """Return what an update brought as it is kept: the same update makes the same file."""
        identity = uuid5(conversation, f"file\x1f{account}\x1f{update}")
        box = await asyncio.to_thread(self.talks.ring.seal, content.data, file_context(identity))
        return NewFile(identity, conversation, content, box)

    async def keep(self, unit: Unit, new: NewFile, named: str, speaker: Speaker) -> Kept:
        """Keep a file and tell the desk of it, in the caller's transaction; `named` is what it is in words.

        Whoever sent it is held by `hold` before.
        """
        connection, size = unit.connection, len(new.content.data)
        person = speaker.place.recipient_id
        if await connection.fetchval(SQL["hold"], new.conversation, person) is None:
            return "over"
        # In a statement begun under the lock, so that two at once do not both find the last place.
        (there,) = await connection.fetch(SQL["room"], new.conversation)
        if there["files"] >= self.terms.most_a_conversation:
            return "many"
        if there["bytes"] + size > self.room:
            return "full"
        kept = timedelta(days=self.terms.keep_days)
        values = new.id, new.conversation, size, new.box.key_id, new.box.box, kept
        until: datetime = await connection.fetchval(SQL["keep"], *values)
        file = SentFile(file_id=new.id, type=new.content.type, size=size, until=until)
        told = await self.talks.say(connection, new.conversation, named, speaker, file)
        unit.outgoing.extend(told.rows)
        return "kept" if there["files"] else "first"


async def hold(connection: Connection, recipient: RecipientId) -> None:
    """Hold somebody before what is theirs, so that nobody forgets them meanwhile."""
    await connection.execute(SQL["hold_person"], recipient)
