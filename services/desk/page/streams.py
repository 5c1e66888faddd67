"""Server-sent events: an open page hears which conversation changed, and looks again for itself.

An event names a conversation and nothing of it, so what may be seen is decided where it is looked at. A
stream ends after a while, when the process stops and when the session is over; browsers open it again.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from services.desk.conversations.conversations import Conversations
from services.desk.door.routes import Asked

LOG = logger(__name__)
MOST_STREAMS = 400
"""In one process."""
MOST_OF_ONE = 8
"""Of one of the staff: windows that somebody has open."""
MOST_NAMED = 50
"""Conversations that one event names; where more changed it names none, and all is looked at again."""
LIFE_SECONDS = 900.0
PING_SECONDS = 15.0
GATHER_SECONDS = 0.1
RETRY_MS = 3000
_BEGIN = f"retry: {RETRY_MS}\n\n".encode()
_PING = b":\n\n"
_OVER = b"event: over\ndata:\n\n"


@dataclass(eq=False)
class Watcher:
    """One open stream: what it has not told yet; `everything` where it cannot name it all."""

    ids: set[UUID] = field(default_factory=set)
    everything: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, conversation_id: UUID | None) -> None:
        """Note a change; None: nobody knows of what."""
        if conversation_id is None or len(self.ids) >= MOST_NAMED:
            self.everything = True
        else:
            self.ids.add(conversation_id)
        self.woken.set()

    def told(self) -> bytes:
        """Return the event of all that was noted, and forget it."""
        named = "" if self.everything else " ".join(sorted(one.hex for one in self.ids))
        self.ids.clear()
        self.everything = False
        self.woken.clear()
        return f"event: changed\ndata: {named}\n\n".encode()


@dataclass
class Streams:
    """The open streams of one process; `closing` is set when it stops."""

    conversations: Conversations
    closing: asyncio.Event
    most: int = MOST_STREAMS
    watchers: set[Watcher] = field(default_factory=set)
    by_staff: Counter[UUID] = field(default_factory=Counter)

    def tell(self, payload: str) -> None:
        """Take what the database told: the id of a conversation, or nothing after an outage."""
        conversation_id = None
        with suppress(ValueError):
            conversation_id = UUID(payload)
        for watcher in self.watchers:
            watcher.hear(conversation_id)

    def admits(self, asked: Asked) -> bool:
        """Tell whether one more stream may be opened."""
        return len(self.watchers) < self.most and self.by_staff[asked.viewer.staff_id] < MOST_OF_ONE

    async def of(self, asked: Asked) -> AsyncIterator[bytes]:
        """Yield events for one open page; whoever has one is present."""
        watcher, who = Watcher(), asked.viewer.staff_id
        self.watchers.add(watcher)
        self.by_staff[who] += 1
        try:
            async for piece in self._pieces(asked, watcher):
                yield piece
        except TRANSIENT as error:
            LOG.warning("a stream of the desk ends early", error=type(error).__name__)
        finally:
            self.watchers.discard(watcher)
            self.by_staff[who] -= 1
            if not self.by_staff[who]:
                del self.by_staff[who]

    async def _pieces(self, asked: Asked, watcher: Watcher) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        began = checked = loop.time()
        yield _BEGIN
        await self.conversations.present(asked.viewer)
        # What changed between the page and its stream was not heard: it is looked at once more.
        watcher.hear(None)
        closing = asyncio.create_task(self.closing.wait())
        try:
            while not closing.done() and loop.time() < began + LIFE_SECONDS:
                if loop.time() >= checked + PING_SECONDS:
                    checked = loop.time()
                    if not await asked.still():
                        yield _OVER
                        return
                    await self.conversations.present(asked.viewer)
                    yield _PING
                if await _woken(watcher.woken, closing, max(0.0, checked + PING_SECONDS - loop.time())):
                    await asyncio.sleep(GATHER_SECONDS)
                    yield watcher.told()
        finally:
            closing.cancel()


async def _woken(woken: asyncio.Event, closing: "asyncio.Task[Literal[True]]", seconds: float) -> bool:
    """Wait for a change or the end, at most so long; tell whether something changed."""
    waiting = asyncio.create_task(woken.wait())
    try:
        await asyncio.wait({waiting, closing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return woken.is_set()
