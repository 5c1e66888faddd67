"""Server-sent events: what comes into a conversation reaches whoever looks at it, as it comes.

A stream is ended after a while and when the process stops; browsers open it again by themselves and say what
they saw last, so nothing is lost and nothing kept for who is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Literal

import orjson

from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from services.notifier.channels.web.messages import Line, Messages
from services.notifier.channels.web.sessions import Session, Sessions
from services.notifier.channels.web.watchers import Watchers

LOG = logger(__name__)
MOST_STREAMS = 400
"""In one process; each is a connection, of which the public listeners have 768."""
MOST_OF_SESSION = 8
LIFE_SECONDS = 900.0
PING_SECONDS = 15.0
RETRY_MS = 3000
_BEGIN = f"retry: {RETRY_MS}\n\n".encode()
_PING = b":\n\n"
_OVER = b"event: over\ndata: {}\n\n"


@dataclass
class Streams:
    """The open streams of one process; `closing` is set when it stops."""

    messages: Messages
    sessions: Sessions
    watchers: Watchers
    closing: asyncio.Event
    most: int = MOST_STREAMS
    open: int = 0
    by_session: dict[object, int] = field(default_factory=dict)

    def admits(self, session: Session) -> bool:
        """Tell whether one more stream may be opened for a session."""
        return self.open < self.most and self.by_session.get(session.id, 0) < MOST_OF_SESSION

    async def of(self, session: Session, after: int, worded: Callable[[Line], str]) -> AsyncIterator[bytes]:
        """Yield what comes into a session's conversation after a version, as events with HTML."""
        self.open += 1
        self.by_session[session.id] = self.by_session.get(session.id, 0) + 1
        try:
            async for piece in self._pieces(session, after, worded):
                yield piece
        except TRANSIENT as error:
            LOG.warning("a stream of the page ends early", error=type(error).__name__)
        finally:
            self.open -= 1
            self.by_session[session.id] -= 1
            if not self.by_session[session.id]:
                del self.by_session[session.id]

    async def _pieces(
        self, session: Session, after: int, worded: Callable[[Line], str]
    ) -> AsyncIterator[bytes]:
        yield _BEGIN
        until = asyncio.get_running_loop().time() + LIFE_SECONDS
        closing = asyncio.create_task(self.closing.wait())
        try:
            with self.watchers.watching(session.id) as changed:
                changed.set()
                while not closing.done() and asyncio.get_running_loop().time() < until:
                    if changed.is_set():
                        changed.clear()
                        lines = await self.messages.since(session.id, after)
                        # After the look, so that what came since it was taken off this browser is not shown.
                        if not await self.sessions.shown_by(session):
                            yield _OVER
                            return
                        for line in lines:
                            after = line.version
                            yield _event(line, worded(line))
                        continue
                    if not await _woken(changed, closing):
                        yield _PING
        finally:
            closing.cancel()


async def _woken(changed: asyncio.Event, closing: "asyncio.Task[Literal[True]]") -> bool:
    """Wait for news or the end; False where there was neither for a while."""
    waiting = asyncio.create_task(changed.wait())
    try:
        done, _ = await asyncio.wait(
            {waiting, closing}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        waiting.cancel()
    return bool(done)


def _event(line: Line, html: str) -> bytes:
    data = orjson.dumps({"id": str(line.id), "place": line.place, "ours": line.ours, "html": html})
    return b"id: %d\nevent: line\ndata: %b\n\n" % (line.version, data)
