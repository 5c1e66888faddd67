"""The push service's world: subscriptions, what waits for each, and laid faults."""

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.push.reading import BrowserKeys, bytes_of

LONGEST_LIFE = 28 * 24 * 3600
FaultKind = Literal["status", "drop", "hang", "huge_head", "endless_head", "endless_body"]


@dataclass(frozen=True)
class Push:
    """One message as it came: its headers that matter, its body, and until when it is kept (monotonic)."""

    id: str
    ttl: int
    urgency: str
    topic: str | None
    sender: bytes = field(repr=False)
    body: bytes = field(repr=False)
    until: float


@dataclass(frozen=True)
class Fault:
    """What the next post gets in place of an answer; `status` and `headers` are those of a false one."""

    kind: FaultKind
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Subscription:
    """One browser's: `application_key` alone may send to it, `waiting` is what it did not fetch yet."""

    id: str
    keys: BrowserKeys
    application_key: bytes
    waiting: list[Push] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    gone: bool = False

    def arrive(self, push: Push) -> None:
        """Take a message; it takes the place of one with the same topic that still waits."""
        if push.topic is not None:
            self.waiting = [before for before in self.waiting if before.topic != push.topic]
        self.waiting.append(push)
        self.came.set()

    async def next(self) -> Push:
        """Wait for a message and take it, as a browser does that is on line."""
        while not self.waiting:
            self.came.clear()
            await self.came.wait()
        return self.waiting.pop(0)


class PushWorld:
    """All subscriptions of a push service, and the faults that are laid."""

    def __init__(self) -> None:
        self.origin = ""
        self.subscriptions: dict[str, Subscription] = {}
        self.faults: deque[Fault] = deque()
        self.requests = 0
        self.accepted = 0

    def subscribe(self, application_key: str, identity: str | None = None) -> Subscription:
        """Subscribe as a browser does, for the server with this key in base64url."""
        identity = identity or secrets.token_urlsafe(24)
        found = Subscription(identity, BrowserKeys.new(), bytes_of(application_key))
        self.subscriptions[found.id] = found
        return found

    def described(self, subscription: Subscription) -> Mapping[str, object]:
        """Return what `PushSubscription.toJSON()` says of it."""
        return {
            "endpoint": f"{self.origin}/push/{subscription.id}",
            "expirationTime": None,
            "keys": subscription.keys.json(),
        }
