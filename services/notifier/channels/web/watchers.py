"""Who looks at a session now, in this process: woken when its conversation changes, in whichever process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Watchers:
    """Events by session; `wake` takes what a notification on `WAKE_CHANNEL` says."""

    def __init__(self) -> None:
        self._events: dict[UUID, list[asyncio.Event]] = {}
        self.count = 0

    @contextmanager
    def watching(self, session: UUID) -> Iterator[asyncio.Event]:
        """Give an event that is set at every change of a session, for the length of the block."""
        event = asyncio.Event()
        self._events.setdefault(session, []).append(event)
        self.count += 1
        try:
            yield event
        finally:
            self.count -= 1
            left = self._events[session]
            left.remove(event)
            if not left:
                del self._events[session]

    def of(self, session: UUID) -> int:
        """Return how many look at a session."""
        return len(self._events.get(session, ()))

    def wake(self, session: str) -> None:
        """Wake those who look at the session that a notification names; everybody where it names none."""
        if not session:
            for events in self._events.values():
                for event in events:
                    event.set()
            return
        try:
            named = UUID(session)
        except ValueError:
            return
        for event in self._events.get(named, ()):
            event.set()
