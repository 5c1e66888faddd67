"""Whom a refusal to go so fast is meant for: messengers do not say whether one chat or the whole account did.

One of them pauses its chat only. Several chats refused in a row, with nothing let through between, mean the
account: a share of refusals among thousands of messages is still each chat's own.
"""

from dataclasses import dataclass
from typing import Literal

CHATS = 3
"""So many different chats refused in a row mean the account."""


@dataclass(frozen=True)
class Refusals:
    """The chats refused since something was last let through."""

    chats: frozenset[str] = frozenset()

    def with_another(self, address: str) -> "Refusals":
        """Return these and one more."""
        return Refusals(self.chats | {address})

    @property
    def scope(self) -> Literal["chat", "account"]:
        """Tell whom the last one is meant for."""
        return "account" if len(self.chats) >= CHATS else "chat"
