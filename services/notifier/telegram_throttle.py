"""Whom a 429 is meant for: Telegram does not say whether one chat or the whole account went too fast.

The first one pauses its chat only. When several chats are refused within a second it is the account.
"""

from dataclasses import dataclass
from typing import Literal

WINDOW = 1.0
"""Seconds that refusals are remembered."""

CHATS = 3
"""So many different chats refused within the window mean the account."""


@dataclass(frozen=True)
class Refusals:
    """The recent 429s: chat and monotonic second of each."""

    recent: tuple[tuple[str, float], ...] = ()

    def with_another(self, address: str, at: float) -> "Refusals":
        """Return these and one more, without those that are too old to count."""
        kept = tuple((chat, then) for chat, then in self.recent if chat != address and at - then < WINDOW)
        return Refusals((*kept, (address, at)))

    @property
    def scope(self) -> Literal["chat", "account"]:
        """Tell whom the last one is meant for."""
        return "account" if len(self.recent) >= CHATS else "chat"
