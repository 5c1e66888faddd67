"""Connections to the server of mail that are kept open and used again, one letter at a time each.

What is wrong is told by the command that it befell, for only before the end of a letter it surely was not
sent.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from runtime.clock import Clock
from services.notifier.channels.email.server import Server
from services.notifier.channels.email.statuses import Command, result_of
from services.notifier.domain.results import AccountDown, NotSent, Result, Unknown

_READY, _GO_ON, _CLOSING = range(200, 300), 354, 421
Broken = (SMTPException, OSError, EOFError, asyncio.TimeoutError, ValueError)


@dataclass(frozen=True)
class Timeouts:
    """Seconds for a connection with its login, for a command, and for the answer to a letter.

    All that comes before a letter must end before the sender gives a call up, else what was surely not sent
    would count as perhaps sent.
    """

    connect: float = 10.0
    command: float = 10.0
    letter: float = 60.0


@dataclass(frozen=True)
class Envelope:
    """Whom a letter is from and to, and what the server is told with each where it knows that extension."""

    sender: str
    recipient: str
    envelope_id: str = field(repr=False)
    utf8: bool = False


class RefusedError(Exception):
    """The server said no, or the connection broke; `result` is what that means."""

    def __init__(self, result: Result) -> None:
        super().__init__(type(result).__name__)
        self.result = result


@dataclass
class _Kept:
    client: SMTP
    idle_since: float
    letters: int = 0


class Connections:
    """Opens at most so many connections, and keeps those that are idle for a while."""

    def __init__(
        self,
        server: Server,
        clock: Clock,
        *,
        most: int,
        tls: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        keep_seconds: float = 60.0,
        most_letters: int = 100,
    ) -> None:
        """Open nothing yet.

        Args:
            server: where to.
            clock: for how long connections are idle.
            most: so many at once; whoever comes then waits for one.
            tls: by which certificates the server is known.
            timeouts: how long answers may take.
            keep_seconds: so long an idle one is kept; servers close theirs after a few minutes.
            most_letters: so many go over one connection; servers allow only so many.
        """
        self._server = server
        self._clock = clock
        self._tls = tls
        self._timeouts = timeouts or Timeouts()
        self._keep_seconds = keep_seconds
        self._most_letters = most_letters
        self._places = asyncio.Semaphore(most)
        self._idle: list[_Kept] = []

    async def send(self, envelope: Envelope, letter: bytes) -> Result | None:
        """Hand one letter over; None where it was taken, else what is wrong."""
        async with self._places:
            try:
                while (kept := self._take()) is not None:
                    try:
                        return await self._over(kept, envelope, letter)
                    except SMTPServerDisconnected:
                        # It went away while nobody looked: nothing was begun on it.
                        continue
                return await self._over(_Kept(await self._opened(), 0.0), envelope, letter)
            except RefusedError as refusal:
                return refusal.result
            except SMTPServerDisconnected:
                return NotSent("the connection broke before the letter")

    async def check(self) -> Result | None:
        """See that the server answers and knows us, without a letter; None where it does."""
        try:
            client = await self._opened()
        except RefusedError as refusal:
            return refusal.result
        await _leave(client)
        return None

    async def close(self) -> None:
        """Close those that are idle."""
        kept, self._idle = self._idle, []
        await asyncio.gather(*(_leave(one.client) for one in kept))

    def _take(self) -> _Kept | None:
        """Return the one that was used last, if it is still fit; those that were idle for long are closed."""
        oldest = self._clock.monotonic() - self._keep_seconds
        while self._idle and (self._idle[0].idle_since < oldest or not self._idle[0].client.is_connected):
            self._idle.pop(0).client.close()
        while self._idle:
            kept = self._idle.pop()
            if kept.client.is_connected:
                return kept
            kept.client.close()
        return None

    async def _over(self, kept: _Kept, envelope: Envelope, letter: bytes) -> Result | None:
        """Hand a letter over on one connection, which is kept only where all of it went as it should.

        Raises SMTPServerDisconnected where the connection broke before anything was said about this letter.
        """
        client, whole = kept.client, False
        try:
            result = await self._handed(kept, envelope, letter)
            whole = client.is_connected
        finally:
            kept.letters += 1
            if whole and kept.letters < self._most_letters:
                kept.idle_since = self._clock.monotonic()
                self._idle.append(kept)
            else:
                client.close()
        return result

    async def _handed(self, kept: _Kept, envelope: Envelope, letter: bytes) -> Result | None:
        client, seconds = kept.client, self._timeouts.command
        options, more = _options(client, envelope, len(letter))
        encoding = "utf-8" if envelope.utf8 else "ascii"
        said: Sequence[tuple[Command, bytes]] = (
            ("mail", b" ".join((b"MAIL FROM:<" + envelope.sender.encode(encoding) + b">", *options))),
            ("rcpt", b" ".join((b"RCPT TO:<" + envelope.recipient.encode(encoding) + b">", *more))),
            ("data", b"DATA"),
        )
        for command, line in said:
            try:
                answer = await client.execute_command(line, timeout=seconds)
            except SMTPServerDisconnected:
                if command == "mail":
                    raise
                raise RefusedError(NotSent(f"{command}: the connection broke")) from None
            except Broken as error:
                raise RefusedError(NotSent(f"{command}: {_named(error)}")) from None
            if command == "mail" and answer.code == _CLOSING and kept.letters:
                raise SMTPServerDisconnected("enough letters by this connection")
            if answer.code != _GO_ON if command == "data" else answer.code not in _READY:
                result = result_of(command, answer.code, answer.message)
                await self._begin_anew(client)
                return result
        return await self._ended(client, letter)

    async def _ended(self, client: SMTP, letter: bytes) -> Result | None:
        """Send the letter itself: from its first byte on, only a whole answer says what became of it."""
        protocol = client.protocol
        if protocol is None:
            raise RefusedError(NotSent("data: the connection broke"))
        try:
            protocol.write(stuffed(letter))
            answer = await protocol.read_response(timeout=self._timeouts.letter)
        except Broken as error:
            raise RefusedError(Unknown(f"no answer to the letter: {_named(error)}")) from None
        return None if answer.code in _READY else result_of("end", answer.code, answer.message)

    async def _begin_anew(self, client: SMTP) -> None:
        """Have the server forget an envelope that it refused, so that the connection can be used again."""
        try:
            await client.execute_command(b"RSET", timeout=self._timeouts.command)
        except Broken:
            client.close()

    async def _opened(self) -> SMTP:
        """Open a connection with all that comes before a letter; raises RefusedError."""
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "at_once",
            start_tls=False,
            tls_context=self._tls,
            timeout=self._timeouts.command,
        )
        step: Command = "connect"
        try:
            async with asyncio.timeout(self._timeouts.connect):
                await client.connect()
                await client.ehlo()
                if server.tls == "starttls":
                    _offers(client, "starttls", "the server does not offer STARTTLS")
                    await client.starttls()
                    await client.ehlo()
                step = "login"
                if server.user is not None and server.password is not None:
                    _offers(client, "auth", "the server offers no login")
                    await client.login(server.user, server.password)
        except BaseException as error:
            client.close()
            if isinstance(error, RefusedError) or not isinstance(error, Broken):
                raise
            raise RefusedError(_opening(step, error)) from None
        return client


def _offers(client: SMTP, extension: str, otherwise: str) -> None:
    if not client.supports_extension(extension):
        raise RefusedError(AccountDown(otherwise))


def _opening(step: Command, error: BaseException) -> Result:
    """Return what it means that a connection could not be opened."""
    if isinstance(error, SMTPResponseException) and not isinstance(error, SMTPHeloError):
        return result_of(step, error.code, error.message)
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__, ssl.SSLCertVerificationError
    ):
        return AccountDown("the server's certificate is not one that can be trusted")
    if step == "login" and type(error) is SMTPException:
        return AccountDown("the server offers no way of login that we know")
    return NotSent(f"{step}: {_named(error)}")


def _options(client: SMTP, envelope: Envelope, length: int) -> tuple[list[bytes], list[bytes]]:
    """Return what goes along with sender and recipient; RefusedError for what the server cannot take."""
    sender: list[bytes] = []
    recipient: list[bytes] = []
    if (most := client.esmtp_extensions.get("size", "")).isdecimal() and 0 < int(most) < length:
        raise RefusedError(result_of("end", 552, f"{length} bytes are more than the server takes"))
    if "size" in client.esmtp_extensions:
        sender.append(b"SIZE=%d" % length)
    if envelope.utf8:
        if not {"smtputf8", "8bitmime"} <= client.esmtp_extensions.keys():
            raise RefusedError(result_of("end", 550, "5.6.7 the server takes no such address"))
        sender += [b"BODY=8BITMIME", b"SMTPUTF8"]
    if "dsn" in client.esmtp_extensions:
        sender += [b"RET=HDRS", b"ENVID=" + envelope.envelope_id.encode()]
        recipient.append(b"NOTIFY=FAILURE")
    return sender, recipient


def stuffed(letter: bytes) -> bytes:
    """Return a letter as it is sent: a dot at the begin of a line doubled, and one alone at the end."""
    return (b"." if letter.startswith(b".") else b"") + letter.replace(b"\r\n.", b"\r\n..") + b".\r\n"


async def _leave(client: SMTP) -> None:
    with contextlib.suppress(*Broken):
        async with asyncio.timeout(1.0):
            await client.quit()
    client.close()


def _named(error: BaseException) -> str:
    """Return an error by its name alone: what it says may hold anything."""
    return type(error.__cause__ or error).__name__
