"""What is kept of questions: those that were missed, and how all of them fared; and how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.messages.desk.question import QuestionKind
from contracts.streams import QUESTIONS
from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.postgres import Pool, transaction
from services.desk.domain.quality import Counted

SQL = sql.load("services.desk.knowledge", "records.sql")
ROLE = "purge"
BATCH = 1000
SEEN = QUESTIONS.max_age + timedelta(days=1)
"""How long a message is known as counted: no longer than its stream can bring it again."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A question without an answer, as it is kept: how often it was asked, first and last when."""

    language: str
    words: str
    count: int
    first_seen: datetime
    last_seen: datetime


class Records:
    """The records in the database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def missed(self, language: str | None, limit: int) -> Sequence[Miss]:
        """Return what was missed, in one language or in all, the most frequent first."""
        return [Miss(**row) for row in await self._pool.fetch(SQL["misses"], language, limit)]

    async def number(self) -> int:
        """Return how many different questions were missed."""
        found: int = await self._pool.fetchval(SQL["number"])
        return found

    async def forget(self, words: str, author: str) -> Sequence[str]:
        """Remove a missed question; return the languages in which it was kept. The audit does not say it."""
        async with transaction(self._pool) as connection:
            languages = sorted(row["language"] for row in await connection.fetch(SQL["forget"], words))
            if languages:
                await audit.note(connection, author, "miss forgotten", ", ".join(languages))
        return languages

    async def counted(self, since: date) -> Sequence[Counted]:
        """Return how questions fared from a day of the agency's calendar on."""
        rows = await self._pool.fetch(SQL["counted"], since)
        return [Counted(**{**row, "kind": QuestionKind(row["kind"])}) for row in rows]


@dataclass(frozen=True)
class Purge:
    """Removes what is kept no longer; `keep` is for how long a missed question is that nobody asks again."""

    pool: Pool
    clock: Clock
    keep: timedelta

    async def once(self) -> int:
        """Remove at most BATCH of each kind; return how many of the larger part."""
        now = self.clock.now()
        misses = await self.pool.execute(SQL["purge_misses"], now - self.keep, BATCH)
        seen = await self.pool.execute(SQL["purge_seen"], now - SEEN, BATCH)
        return max(int(done.rpartition(" ")[2]) for done in (misses, seen))
