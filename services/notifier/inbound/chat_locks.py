"""One thing at a time in each chat, and no trace of a chat in which nothing happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class _Lock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


@dataclass
class ChatLocks:
    """A lock for each chat that somebody holds or waits for; first come, first served."""

    _chats: dict[str, _Lock] = field(default_factory=dict)

    @asynccontextmanager
    async def hold(self, chat: str) -> AsyncIterator[None]:
        """Run a block while nobody else runs one for the same chat."""
        mine = self._chats.setdefault(chat, _Lock())
        # Counted, for a lock that is free may be promised to somebody who has not come round to taking it.
        mine.users += 1
        try:
            async with mine.lock:
                yield
        finally:
            mine.users -= 1
            if not mine.users:
                del self._chats[chat]

    def __len__(self) -> int:
        return len(self._chats)
