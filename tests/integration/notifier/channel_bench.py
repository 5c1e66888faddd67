"""What a messenger's simulator must offer, so that the suite of every channel can be run against it.

A new channel brings its module, its simulator, a bench of this kind and one entry in `test_channel_suite.py`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from services.notifier.channels.base import Channel
from services.notifier.domain.incoming import Incoming

Trouble = Literal[
    "throttled",
    "blocked",
    "rejected",
    "unparseable",
    "stored_then_lost",
    "lost_before_stored",
    "no_answer",
    "nonsense",
    "slow",
    "account_refused",
]
"""What may happen to the next message: each simulator knows how its messenger would do it."""

ReceiptStatus = Literal["delivered", "seen", "failed"]

WAIT_SECONDS = 7
"""How long a throttled caller is told to wait."""


@dataclass(frozen=True)
class Shown:
    """What somebody sees of one message: its text, what its buttons carry, the text of its file."""

    text: str
    data: tuple[str, ...] = ()
    file: str | None = None
    protected: bool = False


class Bench(Protocol):
    """A channel opened against its simulator, and the hands of the people at the other end."""

    @property
    def channel(self) -> Channel:
        """Return the channel under test."""
        ...

    @property
    def spared(self) -> frozenset[Trouble]:
        """Return what cannot happen there: nobody else is asked who could refuse."""
        ...

    @property
    def pause(self) -> float:
        """Return how many seconds a throttled message waits: the messenger's own pause where it tells one."""
        ...

    @property
    def markup(self) -> bool:
        """Tell whether a text has markup there that could be broken."""
        ...

    async def person(self) -> str:
        """Return the address of somebody who has begun to talk to us."""
        ...

    async def stranger(self) -> str:
        """Return the address of somebody to whom we may not write."""
        ...

    async def shown(self, address: str) -> list[Shown]:
        """Return the messages from us that somebody sees, oldest first."""
        ...

    async def says(self, address: str, text: str) -> None:
        """Let somebody write."""
        ...

    async def opens(self, address: str, payload: str) -> None:
        """Let somebody open a deep link that carries a payload."""
        ...

    async def taps(self, address: str, reference: str, data: str) -> None:
        """Let somebody tap a button under one of our messages."""
        ...

    async def blocks(self, address: str, *, blocked: bool) -> None:
        """Let somebody shut us out or in."""
        ...

    async def trouble(self, what: Trouble) -> None:
        """Let something happen to the next message."""
        ...

    async def tells(self, address: str, reference: str, status: ReceiptStatus) -> None:
        """Let the messenger tell what became of a message; NotImplementedError where it never does."""
        ...

    async def arrived(self) -> list[Incoming]:
        """Take in what people did, in the way that the messenger has, and confirm it."""
        ...


MakeBench = Callable[[], AbstractAsyncContextManager[Bench]]
Opened = AsyncIterator[Bench]
