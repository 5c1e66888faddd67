"""What an editor does: looks at what holds, proposes a change, sees what it would do, releases it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from contracts.catalogue import Catalogue, our_phrasing
from contracts.knowledge import Answer, laid_over
from runtime.database.postgres import Connection
from services.desk.domain.finding import Knowledge, Place, Rule, Wrong, wrong
from services.desk.domain.release import Moved, Stored, differing, moved
from services.desk.knowledge.answers import Answers, Looked, Version
from services.desk.knowledge.records import Miss, Records

MOST_MISSES = 2_000
"""Missed questions that a change is tried on, the most frequent ones."""


@dataclass(frozen=True)
class Proposal:
    """A change that is not made yet: the answers, None for dropped; what is wrong with it; what it would do.

    It holds for one revision alone.
    """

    changes: Mapping[str, Answer | None]
    revision: int
    wrong: Sequence[Wrong]
    moved: Sequence[Moved]

    @property
    def faults(self) -> Sequence[tuple[Place, str]]:
        """What is wrong: where, and a sentence."""
        return [(one.place, one.detail) for one in self.wrong]

    @property
    def taken(self) -> Sequence[Moved]:
        """The known questions that would find another answer, or none: somebody must have seen them."""
        return [one for one in self.moved if one.effect != "gained"]


class Editor:
    """The knowledge base of one agency, in one process's hands."""

    def __init__(
        self, answers: Answers, records: Records, catalogue: Catalogue, rule: Rule, author: str
    ) -> None:
        self._answers = answers
        self._records = records
        self._catalogue = catalogue
        self._rule = rule
        self._author = author
        self._words = our_phrasing().with_more(catalogue).words
        self._before: dict[int, Knowledge] = {}

    def signed(self, author: str) -> "Editor":
        """Return the same base in somebody else's hands."""
        found = copy(self)
        found._author = author  # noqa: SLF001 - a copy of our own
        return found

    async def look(self) -> Looked:
        """Return what staff made of the answers."""
        return await self._answers.look()

    async def history(self, answer: str) -> Sequence[Version]:
        """Return what staff did to an answer, the latest first."""
        return await self._answers.history(answer)

    async def missed(self, language: str | None, limit: int) -> Sequence[Miss]:
        """Return what was missed, the most frequent first."""
        return await self._records.missed(language, limit)

    async def forget(self, words: str) -> Sequence[str]:
        """Remove a missed question for good; return the languages in which it was kept."""
        return await self._records.forget(words, self._author)

    def held(self, looked: Looked) -> Mapping[str, Answer]:
        """Return the answers that hold, by id."""
        return laid_over(self._catalogue.answers, looked.above)

    def ready(self, answers: Iterable[Answer]) -> Knowledge:
        """Make answers ready for look-up."""
        return Knowledge.of(answers, self._words)

    async def importing(self, wanted: Iterable[Answer]) -> Proposal:
        """Propose answers as they stand in a file; those that hold already as they are there are left out."""
        looked = await self.look()
        changes = {answer.id: answer for answer in differing(self.held(looked), wanted)}
        return await self._proposal(looked, changes)

    async def dropping(self, ids: Iterable[str], *, to_own: bool) -> Proposal:
        """Propose that answers are told no more, or, `to_own`, that the agency's own hold again.

        Raises KeyError with the ids that nobody knows, or of which staff changed nothing.
        """
        looked, wanted = await self.look(), tuple(dict.fromkeys(ids))
        known = looked.above if to_own else self.held(looked)
        if unknown := [id_ for id_ in wanted if id_ not in known]:
            raise KeyError(*unknown)
        changes: dict[str, Answer | None] = {}
        for id_ in wanted:
            own = not to_own and id_ in self._catalogue.answers
            changes[id_] = known[id_].model_copy(update={"withdrawn": True}) if own else None
        return await self._proposal(looked, changes)

    async def _proposal(self, looked: Looked, changes: Mapping[str, Answer | None]) -> Proposal:
        above = {**looked.above, **{id_: one for id_, one in changes.items() if one is not None}}
        for id_, one in changes.items():
            if one is None:
                above.pop(id_, None)
        missed = await self._records.missed(None, MOST_MISSES)
        stored = [Stored(one.language, one.words, one.count) for one in missed]
        told = [id_ for id_, one in changes.items() if one is not None and not one.withdrawn]

        def compared() -> Proposal:
            before = self._before.get(looked.revision) or self.ready(self.held(looked).values())
            # The one of now alone: it takes a second of computing for each thousand answers or so.
            self._before.clear()
            self._before[looked.revision] = before
            after = self.ready(laid_over(self._catalogue.answers, above).values())
            faulty = tuple(wrong(after, told, self._rule))
            return Proposal(changes, looked.revision, faulty, moved(before, after, stored))

        # Off the loop, on which others are served meanwhile.
        return await asyncio.to_thread(compared)

    async def release(
        self, proposal: Proposal, also: Callable[[Connection], Awaitable[None]] | None = None
    ) -> Mapping[str, int]:
        """Make a change, and `also` what belongs to it; return the versions.

        Raises ChangedMeanwhileError where somebody else was faster.
        """
        if not proposal.changes:
            return {}
        return await self._answers.change(proposal.changes, proposal.revision, self._author, also)
