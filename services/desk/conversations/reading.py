"""Conversations opened and searched: every look is in the audit, in the transaction that looks."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from contracts.messages.delivery import DeliveryEnd
from language.finding import has_all, stems_of
from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from services.desk.conversations.queue import Audit, about_of
from services.desk.conversations.sealing import Texts
from services.desk.conversations.views import (
    Conversation,
    Found,
    Hit,
    Note,
    Rating,
    SentFile,
    Standing,
    Utterance,
)
from services.desk.domain.talks import merged
from services.desk.domain.viewers import Viewer

if TYPE_CHECKING:
    from asyncpg import Record

SQL = sql.load("services.desk.conversations", "reading.sql")
MOST_SAID = 500
"""So many utterances of each side are shown, the latest."""
MOST_SEARCHED, MOST_BYTES = 10_000, 8 * 1024**2
"""So many utterances a search opens, and so much of them."""
AT_ONCE = 250
_LATEST = datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1)


class Reading:
    """Opens what was said."""

    def __init__(self, pool: Pool, texts: Texts, audit: Audit) -> None:
        self._pool = pool
        self._texts = texts
        self._audit = audit

    async def read(self, viewer: Viewer, conversation_id: UUID) -> Conversation | None:
        """Return a conversation with its texts opened; None for one of which nobody knows."""
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(SQL["read"], conversation_id)
            if row is None:
                return None
            await self._audit(connection, viewer, "conversation read", conversation_id)
            citizen, staff = [
                await connection.fetch(SQL["said"], conversation_id, by_staff, MOST_SAID)
                for by_staff in (False, True)
            ]
            notes = await connection.fetch(SQL["notes"], conversation_id, MOST_SAID)
        return Conversation(
            about=about_of(row),
            standing=_standing(row, held=row["held_by"] is not None),
            holder=row["holder"],
            held_until=row["held_until"],
            mine=row["held_by"] == viewer.staff_id,
            opened_at=row["opened_at"],
            due=row["due"],
            said=row["heard"],
            utterances=merged(self._utterances(citizen), self._utterances(staff), lambda one: one.at),
            notes=[self._note(one) for one in reversed(notes)],
            closed=row["closed_why"],
            rating=self._rating(row),
        )

    async def look_at_file(
        self, viewer: Viewer, conversation_id: UUID, file_id: UUID, now: datetime
    ) -> SentFile | None:
        """Return what is known of a file, and enter the look; None where there is none, or no more."""
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(SQL["file"], conversation_id, file_id)
            file = None if row is None else _file(row)
            if file is None or file.kept_until <= now:
                return None
            await self._audit(connection, viewer, "file seen", conversation_id)
        return file

    async def search(self, viewer: Viewer, words: str, limit: int) -> Found:
        """Return conversations whose utterances have all of the words, by the newest such utterance."""
        stems = stems_of(words)
        if not stems:
            return Found((), cut=False)
        hits: dict[UUID, Hit] = {}
        place, looked, opened = _LATEST, 0, 0
        async with transaction(self._pool) as connection:
            await self._audit(connection, viewer, "conversations searched", None)
        while looked < MOST_SEARCHED and opened < MOST_BYTES and len(hits) < limit:
            rows = await self._pool.fetch(SQL["utterances"], *place, AT_ONCE)
            for hit in await asyncio.to_thread(self._hits, rows, stems):
                hits.setdefault(hit.about.conversation_id, hit)
            looked, opened = looked + len(rows), opened + sum(len(row["box"]) for row in rows)
            if len(rows) < AT_ONCE:
                return Found(list(hits.values())[:limit], cut=len(hits) > limit)
            place = rows[-1]["at"], rows[-1]["utterance_id"]
        return Found(list(hits.values())[:limit], cut=True)

    def _hits(self, rows: Sequence["Record"], stems: Sequence[str]) -> Sequence[Hit]:
        found = []
        for row in rows:
            text = self._texts.open(row["utterance_id"], row["key"], row["box"])
            if text is not None and has_all(text, stems):
                standing = _standing(row, held=bool(row["held"]))
                found.append(Hit(about_of(row), standing, row["at"], text))
        return found

    def _utterances(self, rows: Sequence["Record"]) -> Sequence[Utterance]:
        return [
            Utterance(
                row["utterance_id"],
                "staff" if row["by_staff"] else "citizen",
                row["number"],
                row["at"],
                self._texts.open(row["utterance_id"], row["key"], row["box"]),
                row["author"],
                row["public_name"],
                None if row["ended"] is None else DeliveryEnd(row["ended"]),
                _file(row),
            )
            for row in reversed(rows)
        ]

    def _note(self, row: "Record") -> Note:
        text = self._texts.open_note(row["note_id"], row["key"], row["box"])
        return Note(row["note_id"], row["at"], row["author"], text)

    def _rating(self, row: "Record") -> Rating | None:
        if row["content"] is None:
            return None
        boxed = row["word_id"] is not None
        word = self._texts.open(row["word_id"], row["word_key"], row["word_box"]) if boxed else None
        return Rating(row["content"], word, row["rated_at"])


def _file(row: "Record") -> SentFile | None:
    if row["file_id"] is None:
        return None
    return SentFile(row["file_id"], row["type"], row["size"], row["kept_until"])


def _standing(row: "Record", *, held: bool) -> Standing:
    if row["closed_why"] is not None:
        return "closed"
    if held:
        return "held"
    return "answered" if row["asks_since"] is None else "waiting"
