"""A session with a message centre: requests with their answers, and what comes for us.

Whatever the other side does wrong ends it. A request that was written and not answered may have been carried
out; one that was not written was not.
"""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from runtime.logs import logger
from services.notifier.channels.sms.smpp import pdus, statuses
from services.notifier.channels.sms.smpp.connection import Connection
from services.notifier.channels.sms.smpp.options import SmppOptions
from services.notifier.channels.sms.smpp.pdus import Delivered, MalformedError, Pdu
from services.notifier.domain.results import NotSent

LOG = logger(__name__)
_LAST_SEQUENCE = 0x7FFFFFFF
_GOODBYE_SECONDS = 2.0


class RefusedError(Exception):
    """There is no session; `result` is what that means for a message."""

    def __init__(self, result: statuses.Refusal) -> None:
        super().__init__(result)
        self.result = result


class LostError(Exception):
    """The session ended before the request was answered."""


class UnsentError(Exception):
    """The session ended before the request was written."""


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    body: bytes


class Taken(NamedTuple):
    """What came for us, and what answers it, with a status, at most once."""

    delivered: Delivered
    answer: Callable[[int], None]


class Session:
    """One session; made by `open`. `arrive` takes what comes for us and tells whether there was room."""

    def __init__(self, options: SmppOptions, arrive: Callable[[Taken], bool]) -> None:
        self._options = options
        self._arrive = arrive
        self._loop = asyncio.get_running_loop()
        self._connection = Connection(self._receive, self.end)
        self._window = asyncio.Semaphore(options.window)
        self._asked: dict[int, tuple[int, asyncio.Future[Answer]]] = {}
        self._sequence = 0
        self._bound = False
        self._unreadable = False
        self._over = asyncio.Event()
        self._heard = self._loop.time()
        self._beat: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, options: SmppOptions, arrive: Callable[[Taken], bool]) -> "Session":
        """Connect and be bound; raises RefusedError."""
        session = cls(options, arrive)
        try:
            await session.begin()
        except BaseException:
            session.end("not bound")
            raise
        return session

    @property
    def alive(self) -> bool:
        """Tell whether requests can be made."""
        return self._bound and not self._over.is_set()

    @property
    def in_flight(self) -> int:
        """Return how many requests wait for their answers."""
        return len(self._asked)

    async def ended(self) -> None:
        """Wait until the session is over."""
        await self._over.wait()

    async def begin(self) -> None:
        """Connect, be bound, and keep the session alive from then on; raises RefusedError. Called once."""
        options = self._options
        try:
            async with asyncio.timeout(options.timings.connect):
                await self._loop.create_connection(
                    lambda: self._connection,
                    options.host,
                    options.port,
                    ssl=options.tls,
                    server_hostname=None if options.tls is None else options.host,
                )
        # UnicodeError: of a name that no host can have.
        except (OSError, UnicodeError) as error:
            raise RefusedError(NotSent(f"no connection: {type(error).__name__}")) from None
        body = pdus.bind_body(options.system_id, options.password, options.system_type)
        request = partial(pdus.pdu, pdus.BIND_TRANSCEIVER, body=body)
        try:
            answer = await self._ask(pdus.BIND_TRANSCEIVER, request)
        except TimeoutError:
            raise RefusedError(NotSent("not bound: no answer in time")) from None
        except (LostError, UnsentError):
            raise RefusedError(NotSent("not bound: the connection ended")) from None
        if answer.status != statuses.OK:
            raise RefusedError(statuses.refusal_of(answer.status))
        self._beat = asyncio.ensure_future(self._keep_alive())

    async def submit(self, request: Callable[[int], bytes]) -> Answer:
        """Hand a message over, made for a sequence number, as soon as the window lets it through.

        Raises UnsentError, LostError and, where no answer came in time, TimeoutError.
        """
        if self._window.locked():
            try:
                async with asyncio.timeout(self._options.timings.connect):
                    await self._window.acquire()
            except TimeoutError:
                raise UnsentError from None
        else:
            await self._window.acquire()
        try:
            return await self._ask(pdus.SUBMIT_SM, request)
        finally:
            self._window.release()

    async def close(self) -> None:
        """Say goodbye, and end the session."""
        if self.alive:
            self._bound = False
            with contextlib.suppress(LostError, UnsentError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await self._ask(pdus.UNBIND)
        self.end("closed by us")
        if self._beat is not None:
            await asyncio.gather(self._beat, return_exceptions=True)

    def end(self, why: str) -> None:
        """End the session; what waits for an answer gets none."""
        if self._over.is_set():
            return
        self._over.set()
        self._connection.abort()
        if self._beat is not None:
            self._beat.cancel()
        if self._bound:
            LOG.warning("the session with the message centre ended", why=why, unanswered=len(self._asked))
        for _, answer in self._asked.values():
            if not answer.done():
                answer.set_exception(LostError())
        self._asked.clear()

    async def _ask(self, command: int, request: Callable[[int], bytes] | None = None) -> Answer:
        """Write a request, of no more than its head where none is given, and wait for its answer."""
        if not self._connection.open:
            raise UnsentError
        self._sequence = sequence = 1 if self._sequence == _LAST_SEQUENCE else self._sequence + 1
        unit = pdus.pdu(command, sequence) if request is None else request(sequence)
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._asked[sequence] = (command, answer)
        self._connection.write(unit)
        # Half as dear as `asyncio.timeout`.
        limit = self._loop.call_later(self._options.timings.response, _expire, answer)
        try:
            return await answer
        finally:
            limit.cancel()
            self._asked.pop(sequence, None)

    async def _keep_alive(self) -> None:
        """Ask whether somebody is there where nothing was heard for a while."""
        every = self._options.timings.enquire
        while not self._over.is_set():
            silent = self._loop.time() - self._heard
            if silent < every:
                await asyncio.sleep(every - silent)
                continue
            try:
                await self._ask(pdus.ENQUIRE_LINK)
            except TimeoutError:
                self.end("nobody answers")
            except (LostError, UnsentError):
                return

    def _receive(self, unit: Pdu) -> None:
        self._heard = self._loop.time()
        if unit.command & pdus.RESPONSE:
            self._answered(unit)
        elif unit.command == pdus.DELIVER_SM and self._bound:
            self._delivered(unit)
        elif unit.command == pdus.ENQUIRE_LINK:
            self._reply(unit)
        elif unit.command == pdus.UNBIND:
            self._reply(unit)
            self._connection.close()
            self.end("the message centre said goodbye")
        elif unit.command != pdus.ALERT_NOTIFICATION:
            self._connection.write(
                pdus.pdu(pdus.GENERIC_NACK, unit.sequence, status=statuses.INVALID_COMMAND)
            )

    def _answered(self, unit: Pdu) -> None:
        asked = self._asked.get(unit.sequence)
        if asked is None:
            if unit.command == pdus.GENERIC_NACK:
                # What it means is unknown, for it could not read what it answers.
                raise MalformedError("a refusal of nothing that we asked")
            return  # too late: nobody waits any more
        command, answer = asked
        if unit.command not in (command | pdus.RESPONSE, pdus.GENERIC_NACK):
            raise MalformedError("an answer to another question")
        status = unit.status
        if unit.command == pdus.GENERIC_NACK and status == statuses.OK:
            status = statuses.SYSTEM_ERROR
        if command == pdus.BIND_TRANSCEIVER:
            # At once, for what it delivers may come along with it.
            self._bound = status == statuses.OK
        if not answer.done():
            answer.set_result(Answer(status, unit.body))

    def _delivered(self, unit: Pdu) -> None:
        try:
            delivered = pdus.delivered(unit)
        except MalformedError:
            if not self._unreadable:
                self._unreadable = True  # once a session: there may be no end of them
                LOG.warning("what the message centre delivers cannot be read")
            self._reply(unit, statuses.NEVER)
            return
        if not self._arrive(Taken(delivered, partial(self._reply, unit))):
            self._reply(unit, statuses.QUEUE_FULL)

    def _reply(self, unit: Pdu, status: int = statuses.OK) -> None:
        body = b"\0" if unit.command == pdus.DELIVER_SM else b""
        self._connection.write(pdus.pdu(unit.command | pdus.RESPONSE, unit.sequence, body, status))


def _expire(answer: asyncio.Future[Answer]) -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())
