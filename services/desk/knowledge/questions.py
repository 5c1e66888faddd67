"""What people asked: counted by what became of it, each message once; what was missed is kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.knowledge import LABELS
from contracts.messages.desk.question import Question, QuestionKind
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Connection, Pool, retrying, storable, transaction
from services.desk.domain.misses import kept_words
from services.desk.domain.quality import Counted

SQL = sql.load("services.desk.knowledge", "questions.sql")
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch came to: what was counted by it, and missed questions that there was no room for."""

    counted: Sequence[Counted]
    unkept: int


@dataclass(frozen=True)
class Terms:
    """The agency's languages, clock and answers by topic, and how many missed questions are kept at most."""

    languages: frozenset[str]
    zone: ZoneInfo
    topics: Mapping[str, str]
    misses: int


class Questions:
    """Counts questions and keeps what was missed."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock, terms: Terms) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock
        self._terms = terms

    async def take(self, questions: Sequence[Question], dead: Sequence[Row] = ()) -> Taken:
        """Take a batch in, with the dead letters of what could not be read; any number of times."""
        taken = await retrying(lambda: self._take(questions, dead), self._clock)
        self._outbox.committed(dead)
        return taken

    async def _take(self, questions: Sequence[Question], dead: Sequence[Row]) -> Taken:
        async with transaction(self._pool) as connection:
            await self._outbox.insert(connection, dead)
            ids = [question.question_id for question in questions]
            fresh = {row["question_id"] for row in await connection.fetch(SQL["fresh"], ids)}
            new = {one.question_id: one for one in questions if one.question_id in fresh}
            counted = await self._count(connection, list(new.values()))
            unkept = await self._keep(connection, list(new.values()))
        return Taken(counted, unkept)

    async def _count(self, connection: Connection, questions: Sequence[Question]) -> Sequence[Counted]:
        asked = sorted({one.answer for one in questions if one.answer is not None})
        own = {row["id"]: row["topic"] for row in await connection.fetch(SQL["topics"], asked)}
        topics = {**self._terms.topics, **own}
        counts: Counter[tuple[date, QuestionKind, str, str, str]] = Counter()
        for one in questions:
            # What nobody knows counts as none: what comes over the wire makes no topic up.
            answer = one.answer if one.answer in topics else ""
            day = one.at.astimezone(self._terms.zone).date()
            label = one.topic if one.topic in LABELS else ""
            topic = topics.get(answer or "", label or "")
            counts[day, one.kind, self._language(one), topic, answer or ""] += 1
        rows = [(*key, count) for key, count in sorted(counts.items())]
        await connection.execute(SQL["count"], *sql.columns(rows, 6))
        return [
            Counted(kind, language, topic, answer, count) for _, kind, language, topic, answer, count in rows
        ]

    async def _keep(self, connection: Connection, questions: Sequence[Question]) -> int:
        """Keep what was missed, in one order for all processes; return for how many there was no room."""
        found: dict[tuple[str, str], list[datetime]] = {}
        for one in questions:
            words = kept_words(storable(one.text or ""))
            if one.kind is QuestionKind.MISSED and words is not None:
                found.setdefault((self._language(one), words), []).append(one.at)
        if not found:
            return 0
        room = await connection.fetchval(SQL["room"], self._terms.misses)
        if room < len(found):
            kept = await connection.fetch(SQL["known"], *sql.columns(list(found), 2))
            known = {(row["language"], row["words"]) for row in kept}
            fitting = [*known, *(key for key in found if key not in known)][: len(known) + room]
        else:
            fitting = list(found)
        rows = [(*key, len(found[key]), min(found[key]), max(found[key])) for key in sorted(fitting)]
        await connection.execute(SQL["miss"], *sql.columns(rows, 5))
        return sum(len(times) for key, times in found.items() if key not in set(fitting))

    def _language(self, question: Question) -> str:
        return question.language if question.language in self._terms.languages else OTHER
