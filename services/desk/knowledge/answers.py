"""The answers that stand above the agency's own: read, changed under a lock, each change in the history."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.knowledge import ANSWER, Answer
from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.postgres import Connection, Pool, transaction

SQL = sql.load("services.desk.knowledge", "answers.sql")
CHANNEL = "desk_knowledge"
"""Where the database tells of every change."""
Action = Literal["released", "withdrawn", "dropped"]


class ChangedMeanwhileError(Exception):
    """Somebody else changed the knowledge base since it was looked at."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What staff made of an answer, `content` None where they dropped it again; by whom and when."""

    id: str
    version: int
    content: bytes | None
    changed_at: datetime
    changed_by: str

    @property
    def answer(self) -> Answer | None:
        """The answer as it is told."""
        return None if self.content is None else ANSWER.validate_json(self.content)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an answer: what was done, by whom, and the answer then; None where it was dropped."""

    version: int
    at: datetime
    author: str
    action: Action
    answer: Answer | None


@dataclass(frozen=True)
class Looked:
    """The whole of it at one revision."""

    revision: int
    standing: Mapping[str, Standing]

    @property
    def above(self) -> Mapping[str, Answer]:
        """The answers that stand above the agency's own, by id."""
        return {id_: answer for id_, one in self.standing.items() if (answer := one.answer) is not None}


class Answers:
    """The answers in the database."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def look(self) -> Looked:
        """Return what stands."""
        rows = await self._pool.fetch(SQL["standing"])
        found = {row["id"]: Standing(**{**row, "content": _bytes(row["content"])}) for row in rows}
        return Looked(sum(one.version for one in found.values()), found)

    async def revision(self) -> int:
        """Return how many changes there were so far."""
        found: int = await self._pool.fetchval(SQL["revision"])
        return found

    async def history(self, answer: str) -> Sequence[Version]:
        """Return the versions of an answer, the latest first; none where staff never touched it."""
        rows = await self._pool.fetch(SQL["history"], answer)
        return [
            Version(
                row["version"],
                row["at"],
                row["author"],
                row["action"],
                None if row["content"] is None else ANSWER.validate_json(row["content"]),
            )
            for row in rows
        ]

    async def change(
        self,
        changes: Mapping[str, Answer | None],
        seen: int,
        author: str,
        also: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> Mapping[str, int]:
        """Make answers what is given and return their versions; None: dropped, the agency's own holds again.

        `also` is done in the same transaction. Raises ChangedMeanwhileError where the revision is not the one
        that was seen.
        """
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["alone"])
            if await connection.fetchval(SQL["revision"]) != seen:
                raise ChangedMeanwhileError
            ids = sorted(changes)
            before = {row["id"]: row["version"] for row in await connection.fetch(SQL["versions"], ids)}
            versions = {id_: before.get(id_, 0) + 1 for id_ in ids}
            contents = [_written(changes[id_], versions[id_]) for id_ in ids]
            actions = [_action(changes[id_]) for id_ in ids]
            numbers, now = list(versions.values()), self._clock.now()
            await connection.execute(SQL["change"], ids, numbers, contents, now, author)
            await connection.execute(SQL["remember"], ids, numbers, contents, actions, now, author)
            for id_, action in zip(ids, actions, strict=True):
                await audit.note(connection, author, f"answer {action}", f"{id_}, version {versions[id_]}")
            await connection.execute(SQL["tell"])
            if also is not None:
                await also(connection)
        return versions

    async def count(self) -> Mapping[str, int]:
        """Return how many answers stand above the agency's own, by `released` and `withdrawn`."""
        return {row["standing"]: row["answers"] for row in await self._pool.fetch(SQL["count"])}


def _bytes(content: str | None) -> bytes | None:
    return None if content is None else content.encode()


def _written(answer: Answer | None, version: int) -> str | None:
    return None if answer is None else answer.model_copy(update={"version": version}).encoded().decode()


def _action(answer: Answer | None) -> Action:
    if answer is None:
        return "dropped"
    return "withdrawn" if answer.withdrawn else "released"
