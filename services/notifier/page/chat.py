"""What people do on the page, taken in as from any messenger, and the wait for what is answered."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import uuid4

from runtime.clock import Clock
from services.notifier.channels.web.messages import Messages, said_id
from services.notifier.channels.web.sessions import Session
from services.notifier.channels.web.watchers import Watchers
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Incoming,
    Said,
    Unblocked,
)
from services.notifier.domain.messages import Message, Text
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import lines, literal

ANSWER_SECONDS = 3.0
"""How long a browser without scripts waits for an answer before it is shown what there is."""
SETTLE_SECONDS = 0.15
"""For further messages of the same answer, once the first is there."""
LOOK_SECONDS = 0.5
LONGEST_SAID = 2000
Take = Callable[[Incoming], Awaitable[Sequence[Message]]]


class Limit(Protocol):
    """How much one session may do."""

    def weigh(self, person: str, now: float) -> Literal["serve", "tell", "drop"]:
        """Return what to do with one more; `now` in seconds that never go back."""
        ...


@dataclass(frozen=True)
class Chat:
    """The conversation of all sessions in this process; `take` takes in what citizens do."""

    messages: Messages
    watchers: Watchers
    take: Take
    clock: Clock
    limit: Limit

    def admits(self, session: Session) -> bool:
        """Tell whether a session may do one more thing now."""
        return self.limit.weigh(session.address, self.clock.monotonic()) == "serve"

    async def did(
        self,
        session: Session,
        once: str,
        bodies: Sequence[Body],
        language: str,
        shown: Text | None = None,
    ) -> int | None:
        """Take in what somebody did, one thing after the other; the same form posted again changes nothing.

        What they wrote stands on their page; of anything else `shown`, where it is there.

        Returns the version of the conversation before the answers; None where it is over. Raises a passing
        error of the database, after which the same may be posted again.
        """
        before = await self.messages.version(session.id)
        for number, body in enumerate(bodies):
            identity = _identity(session, once, number, body)
            text = literal(body.text) if isinstance(body, Said) else shown
            if text is not None:
                key = said_id(session.id, identity)
                if await self.messages.put(session.address, key, Message(text), ours=False) == "gone":
                    return None
                before = await self.messages.version(session.id)
            await self._take(session, identity, body, language)
        return before

    async def answered(self, session: Session, version: int, seconds: float = ANSWER_SECONDS) -> None:
        """Wait until something came after a version and all of it is there, or the time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        seen = version
        with self.watchers.watching(session.id) as changed:
            while (left := until - loop.time()) > 0:
                changed.clear()
                now = await self.messages.version(session.id)
                if now is None or (now == seen and now > version):
                    return
                seen = now
                patience = SETTLE_SECONDS if now > version else LOOK_SECONDS
                try:
                    async with asyncio.timeout(min(left, patience)):
                        await changed.wait()
                except TimeoutError:
                    continue

    async def seen(self, session: Session, version: int) -> None:
        """Note that somebody sees the conversation up to a version, and tell of each message once."""
        unseen = await self.messages.unseen(session.id, version)
        for message in unseen:
            receipt = DeliveryReceipt(str(message), "seen")
            await self._take(session, f"{message}:seen", receipt, None)
        if unseen:
            await self.messages.see(session.id, unseen)

    async def tell(self, session: Session, speech: Speech) -> None:
        """Tell whoever looks that one more browser shows the page."""
        text = lines(
            speech.say("Your page was opened in one more browser."),
            speech.say("If that was not you, open the settings and take it off the others."),
        )
        await self.messages.put(session.address, uuid4(), Message(text), ours=True)

    async def returned(self, session: Session) -> None:
        """Note that somebody looks again who had been given up."""
        await self._take(session, f"{session.id}:here:{self.clock.now():%Y%m%d%H%M}", Unblocked(), None)

    async def left(self, session: Session, why: str) -> None:
        """Note that nobody can be reached on the page any more."""
        await self._take(session, f"{session.id}:{why}:{self.clock.now():%Y%m%d%H%M}", Blocked(), None)

    async def missed(self, session: Session, message: str) -> None:
        """Note that nobody came to see a message."""
        receipt = DeliveryReceipt(message, "failed", "nobody opened the page")
        await self._take(session, f"{message}:failed", receipt, None)

    async def _take(self, session: Session, identity: str, body: Body, language: str | None) -> None:
        await self.take(
            Incoming(
                update=identity,
                address=session.address,
                private=True,
                language=language,
                at=self.clock.now(),
                body=body,
            )
        )


def _identity(session: Session, once: str, number: int, body: Body) -> str:
    """Return what one thing is known by: the session, the form, and what was done with it."""
    told = f"{session.id}\x1f{once}\x1f{number}\x1f{body!r}"
    return f"{session.id}:{hashlib.sha256(told.encode()).hexdigest()[:32]}"
