"""SMPP as a transport: texts submitted in parts, what comes for us, and the session that it goes over.

There is one as long as somebody submits or polls, for a provider allows few at once and the account has one
owner at a time. A part that was written and not answered may have been sent; nothing is sent twice by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TypeGuard
from uuid import UUID

from runtime.clock import Clock
from runtime.logs import logger
from runtime.retry import backoff
from services.notifier.channels.base import ChannelDownError, PostedUpdates
from services.notifier.channels.sms.smpp import pdus, statuses
from services.notifier.channels.sms.smpp.encoding import Part, encoded
from services.notifier.channels.sms.smpp.inbound import Reader
from services.notifier.channels.sms.smpp.inbox import Inbox
from services.notifier.channels.sms.smpp.options import SmppOptions
from services.notifier.channels.sms.smpp.references import References
from services.notifier.channels.sms.smpp.session import LostError, RefusedError, Session, UnsentError
from services.notifier.channels.throttle import Refusals
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
    name_and_detail,
)

LOG = logger(__name__)
WAITS = FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds of the first wait, of a throttled account and before the next session, and of the longest."""
REFUSED_WAITS = (10.0, 300.0)
"""The same where the account itself is refused: who tries too often is shut out."""
CALM_SECONDS = 5.0
"""A session that ends sooner is as good as none."""
_TRIES = 4
"""So often the further parts of a text are handed over where the message centre is too busy for them."""


class SmppTransport:
    """One account; made by `open_smpp`."""

    def __init__(self, options: SmppOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._validity = _relative(options.validity)
        self._references = References()
        self._session: Session | None = None
        self._inbox: Inbox | None = None
        self._opening: asyncio.Task[Session | statuses.Refusal] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._refused: tuple[float, statuses.Refusal] | None = None
        self._failures = 0
        self._since = 0.0
        self._throttles = 0
        self._refusals = Refusals()
        self._used = clock.monotonic()
        self._polling = False

    @property
    def posts(self) -> PostedUpdates | None:
        """Return None: nothing is posted."""
        return None

    async def submit(self, number: str, text: str, key: UUID) -> Result:
        """Send one text to a number in E.164 with `+`; raises nothing for what the network does."""
        parts = encoded(text, self._options.long, key)
        if not text or not parts:
            return Permanent("empty", "no text")
        self._used = self._clock.monotonic()
        session = await self._bound()
        if not isinstance(session, Session):
            return session
        result = await self._all(session, number, parts)
        if isinstance(result, Throttled):
            return self._throttled(number, result)
        if isinstance(result, Accepted | Unreachable | Permanent):
            self._throttles, self._refusals = 0, Refusals()
        return result

    async def poll(self) -> Sequence[Incoming]:
        """Return what came and was not taken in, the same again until `taken` is called.

        It waits some seconds for something. Raises ChannelDownError.
        """
        self._polling = True
        try:
            session = await self._bound()
            if not isinstance(session, Session) or self._inbox is None:
                await self._clock.sleep(self._rest())
                raise ChannelDownError(self._why())
            await asyncio.sleep(0)  # also where something is there at once: others have their turn
            return await self._inbox.batch(self._options.timings.poll)
        finally:
            self._polling = False
            self._used = self._clock.monotonic()

    async def taken(self) -> None:
        """Acknowledge what `poll` returned last."""
        if self._inbox is not None:
            self._inbox.confirm()

    async def aclose(self) -> None:
        """Give the session back."""
        for task in (self._opening, self._watching):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _all(self, session: Session, number: str, parts: Sequence[Part]) -> Result:
        """Submit all parts: the first, which tells whether it is worth it, and then the others at once."""
        first = await self._part(session, number, parts[0])
        if not isinstance(first, Accepted) or len(parts) == 1:
            return first
        others = await asyncio.gather(*(self._patiently(session, number, part) for part in parts[1:]))
        if _all_accepted(others):
            references = [first.reference, *(one.reference for one in others)]
            return Accepted(" ".join(references), len(parts))
        # Parts of it are on their way: who gets it once more may get it twice.
        for one in others:
            if isinstance(one, Permanent | Unreachable):
                return one
        return Unknown("not all parts were sent")

    async def _patiently(self, session: Session, number: str, part: Part) -> Result:
        """Submit a further part, several times where the message centre is too busy."""
        result = await self._part(session, number, part)
        for attempt in range(1, _TRIES):
            if not isinstance(result, Throttled):
                break
            await self._clock.sleep(backoff(attempt, first=FIRST_WAIT / 2, cap=LONGEST_WAIT, spread=0.2))
            result = await self._part(session, number, part)
        return result

    async def _part(self, session: Session, number: str, part: Part) -> Result:
        request = partial(
            pdus.submit,
            sender=self._options.sender,
            number=number.removeprefix("+"),
            content=part.content,
            coding=part.coding,
            esm_class=pdus.HAS_HEADER if part.header else 0,
            validity=self._validity,
        )
        try:
            answer = await session.submit(request)
        except UnsentError:
            return NotSent("the session ended")
        except LostError:
            return Unknown("the session ended before the answer")
        except TimeoutError:
            return Unknown("no answer in time")
        if answer.status == statuses.OK:
            return self._accepted(answer.body)
        if answer.status == statuses.NOT_BOUND:
            session.end("the message centre says that we are not bound")
        return statuses.result_of(answer.status, FIRST_WAIT)

    def _accepted(self, body: bytes) -> Result:
        identity = pdus.message_id(body)
        if not identity:
            LOG.info("the message centre takes a message and gives it no id: no receipt can be of it")
        return Accepted(self._references.taken(identity))

    def _throttled(self, number: str, result: Throttled) -> Result:
        """Return how long to wait: the longer the more often in a row, and who does."""
        self._throttles += 1
        seconds = max(result.seconds, backoff(self._throttles, first=FIRST_WAIT, cap=LONGEST_WAIT))
        if result.scope == "account":
            return Throttled(seconds, "account")
        self._refusals = self._refusals.with_another(number)
        return Throttled(seconds, self._refusals.scope)

    async def _bound(self) -> Session | statuses.Refusal:
        """Return the session, a new one where there is none; or why there is none: that holds for a while."""
        if self._session is not None:
            if self._session.alive:
                return self._session
            self._session = None
            if self._clock.monotonic() - self._since < CALM_SECONDS:
                self._refuse(NotSent("the session ended as soon as it had begun"))
            else:
                self._failures = 0
        if self._rest() > 0 and self._refused is not None:
            return self._refused[1]
        if self._opening is None or self._opening.done():
            self._opening = asyncio.ensure_future(self._open())
        # Who is cancelled while it waits must not take the session away from the others.
        return await asyncio.shield(self._opening)

    def _why(self) -> str | None:
        return None if self._refused is None else name_and_detail(self._refused[1])[1]

    def _rest(self) -> float:
        return 0.0 if self._refused is None else max(0.0, self._refused[0] - self._clock.monotonic())

    async def _open(self) -> Session | statuses.Refusal:
        reader = Reader(self._options.sender.address, self._references, self._clock.now)
        inbox = Inbox(reader)
        try:
            session = await Session.open(self._options, inbox.put)
        except RefusedError as error:
            self._refuse(error.result)
            return error.result
        self._refused = None
        self._session, self._inbox, self._since = session, inbox, self._clock.monotonic()
        LOG.info("bound to the message centre")
        self._watching = asyncio.ensure_future(self._watch(session, inbox))
        return session

    def _refuse(self, result: statuses.Refusal) -> None:
        """Let nobody begin a session for a while, the longer the more often there was none."""
        self._failures += 1
        first, most = REFUSED_WAITS if isinstance(result, AccountDown) else WAITS
        wait = backoff(self._failures, first=first, cap=most)
        self._refused = self._clock.monotonic() + wait, result

    async def _watch(self, session: Session, inbox: Inbox) -> None:
        """Give the session back when nobody used it for a while."""
        idle = self._options.timings.idle
        ended = asyncio.ensure_future(session.ended())
        try:
            while not ended.done():
                used = self._polling or session.in_flight or self._clock.monotonic() - self._used < idle
                if not used:
                    await session.close()
                await asyncio.wait({ended}, timeout=idle / 4)
        finally:
            ended.cancel()
            inbox.close()


def _all_accepted(results: Sequence[Result]) -> TypeGuard[Sequence[Accepted]]:
    return all(isinstance(one, Accepted) for one in results)


def _relative(hours: int | None) -> str:
    """Return a time to live as SMPP writes it; empty where it is the message centre's."""
    if hours is None:
        return ""
    days, rest = divmod(hours, 24)
    return f"0000{days:02d}{rest:02d}0000000R"


@asynccontextmanager
async def open_smpp(options: SmppOptions, clock: Clock) -> AsyncIterator[SmppTransport]:
    """Open the transport for the length of the block; no session is begun before it is needed."""
    async with aclosing(SmppTransport(options, clock)) as transport:
        yield transport
