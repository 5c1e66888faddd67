"""What staff say: answers, each draft once and by the holder alone, notes, passing on, ending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4, uuid5

from contracts.messages.desk.talk import Answered as AnswerMessage
from contracts.messages.desk.talk import AnyReply, Closed, PassedOn
from runtime.database import sql
from runtime.database.postgres import Connection
from services.desk.conversations.ground import Ground
from services.desk.conversations.queue import Audit, lost
from services.desk.conversations.sealing import Texts, written
from services.desk.conversations.views import Already, Answered, Done, Lost, Unseen
from services.desk.domain.queueing import group_of
from services.desk.domain.viewers import Viewer

if TYPE_CHECKING:
    from asyncpg import Record

SQL = sql.load("services.desk.conversations", "replying.sql")
MOST_AT_ONCE = 200
_DRAFTS = UUID("9b7a1d1e-31a4-4b4f-8f0c-6f6d6f3b0f52")
_LONGEST_AUTHOR = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote and wants said: of the same draft, whatever is said of it, there is one."""

    viewer: Viewer
    conversation_id: UUID
    draft_id: UUID
    text: str

    def identity(self, what: str) -> UUID:
        """Return the id of what it becomes: what pages make up never meets other conversations' ids."""
        whose = f"{self.conversation_id}\x1f{self.viewer.staff_id}"
        return uuid5(_DRAFTS, f"{what}\x1f{whose}\x1f{self.draft_id}")


class Replying:
    """Says what staff say."""

    def __init__(self, ground: Ground, texts: Texts, audit: Audit) -> None:
        self._ground = ground
        self._clock = ground.clock
        self._terms = ground.terms
        self._metrics = ground.metrics
        self._texts = texts
        self._audit = audit

    async def answer(self, draft: Draft, seen: int | None) -> Answered | Already | Lost:
        """Answer a conversation; of two writers the holder wins. ValueError for a text of a wrong length."""
        kept = written(draft.text)
        told = await self._ground.do(lambda connection: self._answer(connection, draft, kept, seen))
        if isinstance(told, Lost):
            self._metrics.refused_answers.inc()
        return told

    async def note(self, draft: Draft) -> Done | Lost:
        """Keep a note for colleagues; ValueError for a text of a wrong length."""
        kept = written(draft.text)

        async def work(connection: Connection) -> tuple[Done | Lost, Sequence[AnyReply]]:
            now = await connection.fetchrow(SQL["lock"], draft.conversation_id)
            if now is None or now["forgotten"]:
                return Lost(None, closed=True), ()
            await self._note(connection, draft, kept)
            return Done(), ()

        return await self._ground.do(work)

    async def pass_on(self, draft: Draft, topic: str) -> Done | Lost:
        """Pass a conversation on to who knows a topic; the draft's text is a note, and may be empty."""
        kept = written(draft.text, empty=True)

        async def work(connection: Connection) -> tuple[Done | Lost, Sequence[AnyReply]]:
            viewer, id_, now = draft.viewer, draft.conversation_id, self._clock.now()
            await connection.execute(SQL["lock"], id_)
            due = self._terms.due(now)
            number = await connection.fetchval(SQL["pass_on"], id_, viewer.staff_id, topic, now, due)
            if number is None:
                return await lost(connection, id_), ()
            if kept:
                await self._note(connection, draft, kept)
            await self._audit(connection, viewer, "conversation passed on", id_)
            return Done(), [PassedOn(reply_id=uuid4(), conversation_id=id_, number=number, at=now)]

        return await self._ground.do(work)

    async def close(self, viewer: Viewer, conversation_id: UUID, seen: int | None) -> Done | Lost | Unseen:
        """End a conversation, unless the citizen said more than was seen."""

        async def work(connection: Connection) -> tuple[Done | Lost | Unseen, Sequence[AnyReply]]:
            before = await connection.fetchrow(SQL["lock"], conversation_id)
            if before is not None and _unseen(before, seen):
                told = await lost(connection, conversation_id)
                mine = told.holder is not None and before["held_by"] == viewer.staff_id
                return (Unseen(before["heard"]) if mine else told), ()
            number = await connection.fetchval(SQL["close"], conversation_id, viewer.staff_id)
            if before is None or number is None:
                return await lost(connection, conversation_id), ()
            await self._audit(connection, viewer, "conversation ended", conversation_id)
            closed = Closed(
                reply_id=uuid4(),
                conversation_id=conversation_id,
                number=number,
                at=self._clock.now(),
                why="answered",
                rate=before["answers"] > 0,
            )
            return Done(), [closed]

        return await self._ground.do(work)

    async def close_silent(self, since: datetime) -> int:
        """End conversations in which nobody said anything since an instant; return how many."""

        async def work(connection: Connection) -> tuple[int, Sequence[AnyReply]]:
            now = self._clock.now()
            rows = await connection.fetch(SQL["close_silent"], since, MOST_AT_ONCE)
            return len(rows), [
                Closed(
                    reply_id=uuid4(),
                    conversation_id=row["conversation_id"],
                    number=row["number"],
                    at=now,
                    why="silent",
                    rate=True,
                )
                for row in rows
            ]

        return await self._ground.do(work)

    async def _answer(
        self, connection: Connection, draft: Draft, text: str, seen: int | None
    ) -> tuple[Answered | Already | Lost, Sequence[AnyReply]]:
        viewer, id_, reply_id = draft.viewer, draft.conversation_id, draft.identity("answer")
        before = await connection.fetchrow(SQL["lock"], id_)
        given = await connection.fetchrow(SQL["given"], reply_id)
        if given is not None:
            return Already(given["utterance_id"], given["number"], given["at"]), ()
        if before is None or before["forgotten"]:
            return Lost(None, closed=True), ()
        since = None
        if seen is not None and seen < before["heard"]:
            since = await connection.fetchval(SQL["left_over"], id_, seen)
        due = None if since is None else self._terms.due(since)
        done = await connection.fetchrow(
            SQL["answer"], id_, viewer.staff_id, group_of(viewer), since, due, self._terms.lease
        )
        if done is None:
            return await lost(connection, id_), ()
        took = None if before["asks_since"] is None else _took(before, done["at"])
        sealed = self._texts.seal(reply_id, text)
        await connection.execute(
            SQL["say"],
            *(reply_id, id_, done["number"], done["at"], sealed.key, sealed.box),
            *(viewer.staff_id, viewer.name, viewer.public_name, took, before["due"]),
        )
        await self._audit(connection, viewer, "conversation answered", id_)
        message = AnswerMessage(
            reply_id=reply_id,
            conversation_id=id_,
            number=done["number"],
            at=done["at"],
            text=sealed,
            author=viewer.public_name[:_LONGEST_AUTHOR],
        )
        self._measure(before, took, done["at"])
        return Answered(reply_id, done["number"], done["at"]), [message]

    async def _note(self, connection: Connection, draft: Draft, text: str) -> None:
        viewer, id_, note_id = draft.viewer, draft.conversation_id, draft.identity("note")
        sealed = self._texts.seal_note(note_id, text)
        row = note_id, id_, viewer.staff_id, viewer.name, sealed.key_id, sealed.box
        await connection.execute(SQL["note"], *row)
        await connection.execute(SQL["noted"], id_)
        await self._audit(connection, viewer, "conversation noted", id_)

    def _measure(self, before: "Record", took: timedelta | None, at: datetime) -> None:
        if took is not None:
            self._metrics.handling.observe(took.total_seconds())
        if before["due"] is not None:
            self._metrics.promises.labels("kept" if at <= before["due"] else "broken").inc()
        if before["answers"] == 0:
            self._metrics.first_answer.observe((at - before["opened_at"]).total_seconds())


def _took(before: "Record", at: datetime) -> timedelta:
    """Return how long an answer took its writer: from when they took it, or from what it answers."""
    begun: datetime = max(before["held_since"], before["asks_since"])
    return max(timedelta(), at - begun)


def _unseen(before: "Record", seen: int | None) -> bool:
    """Tell whether the citizen waits for an answer to something that was not seen."""
    return before["asks_since"] is not None and (seen is None or seen < before["heard"])
