"""The index in use, made anew off the loop whenever an answer of the staff has changed."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contracts.knowledge import Answer, laid_over
from runtime.clock import Clock, pause
from runtime.logs import logger
from services.notifier.knowledge.index import Breathe, Index

LOG = logger(__name__)
Build = Callable[[Mapping[str, Answer], Breathe], Index]
GATHER_SECONDS = 0.5
"""Changes that come one upon the other are taken together."""
MOST_ANSWERS = 5_000
"""Answers of the staff that are held; further ones are passed over."""


@dataclass
class Library:
    """Holds the agency's own answers and those of the staff above them, and the index that both make.

    `index` is the one to look up in: at first that of the agency's own, which needs nobody else.
    """

    own: Mapping[str, Answer]
    index: Index
    build: Build
    clock: Clock
    above: dict[str, Answer] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def replace(self, above: Mapping[str, Answer]) -> None:
        """Take these for all that the staff made."""
        if above != self.above:
            self.above = dict(above)
            self.changed.set()

    def change(self, code: str, answer: Answer | None) -> None:
        """Take another answer for one of the staff's; None: the agency's own holds again."""
        if answer is None:
            self.above.pop(code, None)
        elif code in self.above or len(self.above) < MOST_ANSWERS:
            self.above[code] = answer
        else:
            LOG.error("too many answers are in the bucket; one is passed over", answer=code)
        self.changed.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Make the index anew after each change, until told to stop."""
        ending = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                waiting = asyncio.ensure_future(self.changed.wait())
                await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                await pause(stop, GATHER_SECONDS)
                if self.changed.is_set() and not stop.is_set():
                    self.changed.clear()
                    await self._renew()
        finally:
            ending.cancel()

    async def _renew(self) -> None:
        began = self.clock.monotonic()
        answers = laid_over(self.own, self.above)
        before, self.index = self.index, await asyncio.to_thread(self.build, answers, _breathe)
        took = round(self.clock.monotonic() - began, 3)
        LOG.info("the answers were made ready", answers=len(self.index.answers), seconds=took)
        # To give up a large index at once would hold the loop as long as it takes.
        await asyncio.to_thread(before.base.dismantle, _breathe)


def _breathe() -> None:
    """Let the loop go on."""
    time.sleep(0)
