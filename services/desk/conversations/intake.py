"""What citizens do in conversations, taken in: a batch in one transaction, each message once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from contracts.messages.desk.talk import (
    AnyReply,
    AnyTalk,
    Closed,
    Opened,
)
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from services.desk.conversations.citizens import Citizens
from services.desk.conversations.ground import Ground
from services.desk.conversations.telling import Telling
from services.desk.domain.queueing import named, topics_of
from services.desk.domain.talks import Heard, Known, State, Within, hear

if TYPE_CHECKING:
    from asyncpg import Record

SQL = sql.load("services.desk.conversations", "intake.sql")
_SPOKEN = ("utterance_id", "conversation_id", "number", "arrival", "at", "key", "box")
_FILE = ("utterance_id", "file_id", "type", "size", "kept_until")
_WORD = ("conversation_id", "word_id", "key", "box")
_ENDED = ("conversation_id", "reply_id", "ended")
_MARK = " "


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch came to: new messages by kind, and judgements by whether somebody was content."""

    talks: Mapping[str, int]
    ratings: Mapping[bool, int]


@dataclass(frozen=True)
class Subjects:
    """What conversations are counted under: the catalogue's topics by answer, and the agency's calendar."""

    topics: Mapping[str, str]
    zone: ZoneInfo


class Intake:
    """Takes in what citizens do."""

    def __init__(self, ground: Ground, telling: Telling, subjects: Subjects) -> None:
        self._ground = ground
        self._telling = telling
        self._subjects = subjects

    async def take(self, given: Sequence[AnyTalk], dead: Sequence[Row] = ()) -> Taken:
        """Take a batch in, with the dead letters of what could not be read; any number of times."""

        async def work(connection: Connection) -> tuple[Taken, Sequence[AnyReply]]:
            await self._ground.outbox.insert(connection, dead)
            return await self._take(connection, given)

        taken = await self._ground.do(work)
        self._ground.outbox.committed(dead)
        return taken

    async def _take(
        self, connection: Connection, given: Sequence[AnyTalk]
    ) -> tuple[Taken, Sequence[AnyReply]]:
        now = self._ground.clock.now()
        ids = [one.talk_id for one in given]
        fresh = {row["talk_id"] for row in await connection.fetch(SQL["fresh"], ids)}
        new = list({one.talk_id: one for one in given if one.talk_id in fresh}.values())
        within = [one for one in new if isinstance(one, Within)]
        opened = [one for one in within if isinstance(one, Opened)]
        citizens = await Citizens.locked(connection, new)
        about = {one.conversation_id for one in within}
        known = await self._lock(connection, about, await citizens.conversations(connection))
        heard = hear(within, known, now)
        await self._open(connection, opened, citizens, known, now)
        numbers, closed = _replies(known, now)
        await self._change(connection, known, now)
        await self._keep(connection, heard)
        ratings = await self._rate(connection, known, now)
        forgotten = [one.conversation_id for one in opened if citizens.now(one.recipient_id) is None]
        await citizens.settle(connection, forgotten)
        queued = await self._telling.tell(connection, numbers)
        return Taken(Counter(one.kind for one in new), ratings), [*closed, *queued]

    async def _lock(
        self, connection: Connection, about: set[UUID], others: Sequence[UUID]
    ) -> dict[UUID, Known]:
        """Lock conversations in the order of their ids, and return those that messages are about."""
        await connection.execute(SQL["begin"], sorted(about))
        rows = await connection.fetch(SQL["lock"], sorted(about.union(others)))
        return {row["conversation_id"]: _known(row) for row in rows if row["conversation_id"] in about}

    async def _open(
        self,
        connection: Connection,
        opened: Sequence[Opened],
        citizens: Citizens,
        known: Mapping[UUID, Known],
        now: datetime,
    ) -> None:
        if not opened:
            return
        asked = sorted({one.answer for one in opened if one.answer is not None})
        own = {row["id"]: row["topic"] for row in await connection.fetch(SQL["topics"], asked)}
        topic_of = {**self._subjects.topics, **own}
        rows = []
        for one in opened:
            topics = topics_of(topic_of.get(one.answer or ""), one.document)
            it = known[one.conversation_id]
            it.language, it.topics = one.language, topics
            whose = citizens.now(one.recipient_id)
            rows.append(
                (
                    *(one.conversation_id, whose, one.subscription_id, min(one.at, now)),
                    *(one.language, one.channel, one.document, one.stage, one.office),
                    *(one.actionable, one.overdue, one.reason, _MARK.join(topics)),
                )
            )
        await connection.execute(SQL["open"], *sql.columns(rows, 13))

    async def _change(self, connection: Connection, known: Mapping[UUID, Known], now: datetime) -> None:
        rows = [
            (
                *(id_, it.state.heard, it.state.said, it.state.withdrawn, it.state.asks_since),
                None if it.state.asks_since is None else self._ground.terms.due(it.state.asks_since),
                *(it.replies, it.state.closed, it.state.content, it.counted or it.counts),
            )
            for id_, it in known.items()
        ]
        await connection.execute(SQL["change"], *sql.columns(rows, 10), now)

    async def _keep(self, connection: Connection, heard: Heard) -> None:
        if heard.utterances:
            await connection.execute(SQL["say"], *sql.columns_of(heard.utterances, _SPOKEN))
        if heard.files:
            await connection.execute(SQL["send"], *sql.columns_of(heard.files, _FILE))
        if heard.words:
            await connection.execute(SQL["word"], *sql.columns_of(heard.words, _WORD))
        if heard.ends:
            await connection.execute(SQL["reach"], *sql.columns_of(heard.ends, _ENDED))

    async def _rate(
        self, connection: Connection, known: Mapping[UUID, Known], now: datetime
    ) -> Mapping[bool, int]:
        """Count the judgements of the batch, in one order for all processes; return how many of each."""
        day = now.astimezone(self._subjects.zone).date()
        rated: Counter[tuple[date, str, str, str]] = Counter()
        content: Counter[tuple[date, str, str, str]] = Counter()
        told: Counter[bool] = Counter()
        for it in (one for one in known.values() if one.counts):
            under = day, named(it.topics), it.language, it.staff_group
            rated[under] += 1
            content[under] += it.state.content is True
            told[it.state.content is True] += 1
        counted = [(*key, content[key], number) for key, number in sorted(rated.items())]
        if counted:
            await connection.execute(SQL["rate"], *sql.columns(counted, 6))
        return told


def _known(row: "Record") -> Known:
    state = State(
        opened=row["opened"],
        forgotten=row["forgotten"],
        heard=row["heard"],
        said=row["said"],
        asks_since=row["asks_since"],
        closed=row["closed_why"],
        withdrawn=row["withdrawn"],
        content=row["content"],
    )
    return Known(
        before=state,
        state=state,
        replies=row["replies"],
        answers=row["answers"],
        counted=row["content_counted"],
        language=row["language"],
        topics=row["topics"],
        staff_group=row["staff_group"],
    )


def _replies(known: Mapping[UUID, Known], now: datetime) -> tuple[Mapping[UUID, int], Sequence[AnyReply]]:
    """Give numbers to what is told: to those who come into the queue, and that others are over."""
    numbers: dict[UUID, int] = {}
    closed: list[AnyReply] = []
    for id_, it in known.items():
        if it.comes or it.ends:
            it.replies += 1
        if it.comes:
            numbers[id_] = it.replies
        elif it.ends:
            rate = it.answers > 0
            message = Closed(
                reply_id=uuid4(), conversation_id=id_, number=it.replies, at=now, why="withdrawn", rate=rate
            )
            closed.append(message)
    return numbers, closed
