"""What was delivered in a session and is not taken in yet: bounded, and acknowledged only afterwards.

What was not acknowledged when the session ends is delivered again in the next one.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier.channels.sms.smpp import statuses
from services.notifier.channels.sms.smpp.inbound import Reader
from services.notifier.channels.sms.smpp.session import Taken
from services.notifier.domain.incoming import Incoming

MOST = 1000
"""So many deliveries wait; those beyond are told to come again."""
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class _Lent:
    """What is to be taken in, and the delivery that brought it."""

    incoming: Sequence[Incoming]
    taken: Taken


class Inbox:
    """What waits to be taken in."""

    def __init__(self, reader: Reader, most: int = MOST) -> None:
        self._reader = reader
        self._most = most
        self._waiting: deque[Taken] = deque()
        self._lent: list[_Lent] = []
        self._over = False
        self._news = asyncio.Event()

    def put(self, taken: Taken) -> bool:
        """Take what was delivered; False where there is no room."""
        if len(self._waiting) + len(self._lent) >= self._most:
            return False
        self._waiting.append(taken)
        self._news.set()
        return True

    async def batch(self, wait: float) -> Sequence[Incoming]:
        """Return what came, and the same again until it is confirmed; waits up to so many seconds for it.

        Nothing once the session is over. What says nothing to us is acknowledged.
        """
        if not self._waiting and not self._lent and not self._over:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
        if self._over:
            return ()
        if not self._lent:
            for _ in range(min(len(self._waiting), MOST_AT_ONCE)):
                self._lend(self._waiting.popleft())
        return [incoming for one in self._lent for incoming in one.incoming]

    def confirm(self) -> None:
        """Acknowledge what the last batch brought."""
        for one in self._lent:
            self._acknowledge(one.taken)
        self._lent.clear()

    def close(self) -> None:
        """Let nobody wait any more: the session is over."""
        self._over = True
        self._news.set()

    def _lend(self, taken: Taken) -> None:
        # Not before it is asked for: by then the id of a message just taken is known.
        incoming = self._reader.read(taken.delivered)
        if incoming:
            self._lent.append(_Lent(incoming, taken))
        else:
            self._acknowledge(taken)

    def _acknowledge(self, taken: Taken) -> None:
        self._reader.acknowledge(taken.delivered)
        taken.answer(statuses.OK)
