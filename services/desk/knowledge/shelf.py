"""The answers that hold, ready for look-up: made anew, off the loop, whenever one of them has changed."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from contracts.catalogue import Catalogue, Phrasing, our_phrasing
from contracts.knowledge import Answer, laid_over
from language import Phrase
from services.desk.domain.finding import Knowledge
from services.desk.knowledge.answers import Answers, Looked


@dataclass(frozen=True)
class Ready:
    """The answers at one revision, by id, and all that questions are held against, as the bot does."""

    looked: Looked
    held: Mapping[str, Answer]
    knowledge: Knowledge


class Shelf:
    """Holds what was made ready last; whoever asks first after a change waits until it is made anew."""

    def __init__(self, answers: Answers, catalogue: Catalogue) -> None:
        self._answers = answers
        self._catalogue = catalogue
        self._ready: Ready | None = None
        self._one = asyncio.Lock()

    @cached_property
    def phrasing(self) -> Phrasing:
        """How people ask: the product's phrasings and words, and those of the agency."""
        return our_phrasing().with_more(self._catalogue)

    async def ready(self) -> Ready:
        """Return what holds now."""
        revision = await self._answers.revision()
        if self._ready is not None and self._ready.looked.revision == revision:
            return self._ready
        async with self._one:
            looked = await self._answers.look()
            if self._ready is None or self._ready.looked.revision != looked.revision:
                held = laid_over(self._catalogue.answers, looked.above)
                self._ready = Ready(looked, held, await asyncio.to_thread(self._made, held))
            return self._ready

    def _made(self, held: Mapping[str, Answer]) -> Knowledge:
        lines = [Phrase(str(path[1]), str(path[2]), line) for path, line in self.phrasing.lines()]
        return Knowledge.of(held.values(), self.phrasing.words, lines, _breathe)


def _breathe() -> None:
    """Let the loop go on."""
    time.sleep(0)
