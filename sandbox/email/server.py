"""The server of mail (aiosmtpd) before the mailboxes, with the faults of a script."""

import asyncio
import re
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.email.script import Command, Fault, Script
from sandbox.email.world import World

HOSTNAME = "mx.mail.example"
_REPORTS = re.compile(r"\s(?:RET|NOTIFY|ORCPT)=\S+|\sENVID=(\S+)", re.IGNORECASE)
_GONE = 550


@dataclass
class MailServer:
    """How the server is set up: with a certificate it offers STARTTLS, with a login it insists on that.

    `secure`: the certificate is shown at once. `size`: the longest letter. `reports`: it offers DSN (RFC
    3461).
    """

    world: World
    script: Script
    certificate: ssl.SSLContext | None = field(default=None, repr=False)
    secure: bool = False
    login: tuple[str, str] | None = field(default=None, repr=False)
    size: int = 10_000_000
    utf8: bool = True
    reports: bool = True
    lines: "set[_Line]" = field(default_factory=set)
    connections: int = 0

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncIterator[int]:
        """Serve for the length of the block; hand out the port. Raises OSError where it is taken."""
        loop = asyncio.get_running_loop()
        tls = self.certificate if self.secure else None
        server = await loop.create_server(lambda: _Line(self), host, port, ssl=tls)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for line in list(self.lines):
                line.abort()
            await server.wait_closed()


class _Line(SMTP):
    """One connection."""

    def __init__(self, about: MailServer) -> None:
        with warnings.catch_warnings():
            # The library does not see that the certificate was shown at once.
            warnings.simplefilter("ignore")
            super().__init__(
                _Mailroom(about),
                hostname=HOSTNAME,
                ident="sandbox",
                enable_SMTPUTF8=about.utf8,
                data_size_limit=about.size,
                tls_context=None if about.secure else about.certificate,
                require_starttls=False,
                auth_required=about.login is not None,
                auth_require_tls=about.certificate is not None and not about.secure,
                authenticator=_Doorkeeper(about.login),
                loop=asyncio.get_running_loop(),
            )
        self._about = about
        self._envelope_id: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note a connection."""
        self._about.lines.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget a connection."""
        self._about.lines.discard(self)
        super().connection_lost(error)

    def abort(self) -> None:
        """Break the connection."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def _handle_client(self) -> None:
        self._about.connections += 1
        if not await self.struck("connect"):
            await super()._handle_client()
        elif self.transport is not None:
            self.transport.close()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - named by the library, as those below
        """Greet."""
        if not await self.struck("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """Let in."""
        if not await self.struck("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Take whom a letter is from."""
        if not await self.struck("mail"):
            await super().smtp_MAIL(self._without_reports(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Take whom it is to."""
        found = re.search(r"<([^>]*)>", arg or "")
        if not await self.struck("rcpt", found[1] if found else None):
            await super().smtp_RCPT(self._without_reports(arg))

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take the letter."""
        if not await self.struck("data"):
            await super().smtp_DATA(arg)

    async def struck(self, command: Command, recipient: str | None = None) -> bool:
        """Do what the script has for a command; tell whether that was its answer."""
        fault = self._about.script.strike(command, recipient)
        if fault is None:
            return False
        answer = await self.suffer(fault)
        if answer is not None:
            await self.push(answer)
        return answer is not None or fault.kind == "drop"

    async def suffer(self, fault: Fault) -> str | None:
        """Do what a fault does but storing; return the answer that it gives, None for what else comes."""
        if fault.kind in {"hang", "slow", "store_then_hang"}:
            await asyncio.sleep(fault.seconds)
        elif fault.kind in {"drop", "store_then_drop"}:
            self.abort()
        return {"refuse": f"{fault.code} {fault.text}", "nonsense": "what is that?"}.get(fault.kind)

    @property
    def envelope_id(self) -> str | None:
        """Return what the sender calls the letter."""
        return self._envelope_id

    def _without_reports(self, arg: str | None) -> str | None:
        """Take the options of DSN out, which the library does not know, where they are offered."""
        if arg is None or not self._about.reports:
            return arg
        for found in _REPORTS.finditer(arg):
            self._envelope_id = found[1] or self._envelope_id
        return _REPORTS.sub("", arg)


class _Mailroom:
    """Answers for the mailboxes."""

    def __init__(self, about: MailServer) -> None:
        self._about = about

    async def handle_EHLO(  # noqa: N802 - named by the library, as those below
        self, server: _Line, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Say what the server can do."""
        del server, envelope
        session.host_name = hostname
        more = ["250-DSN"] if self._about.reports else []
        return [*responses[:-1], *more, responses[-1]]

    async def handle_RCPT(  # noqa: N802
        self, server: _Line, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take letters for mailboxes that there are."""
        del server, session
        mailbox = self._about.world.owner(address)
        if mailbox is None:
            return f"{_GONE} 5.1.1 <{address}>: no such mailbox"
        if mailbox.closed:
            return f"{_GONE} 5.2.1 <{address}>: this mailbox is closed"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: _Line, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Put the letter into its mailboxes."""
        del session
        fault = self._about.script.strike("end", envelope.rcpt_tos[0])
        if fault is not None and fault.kind in {"refuse", "drop", "hang", "nonsense"}:
            answer = await server.suffer(fault)
            return answer or "451 4.3.0 nothing was stored"
        for address in envelope.rcpt_tos:
            mailbox = self._about.world.owner(address)
            if mailbox is not None:
                raw = envelope.content if isinstance(envelope.content, bytes) else b""
                self._about.world.take(mailbox, envelope.mail_from or "", address, server.envelope_id, raw)
        if fault is not None:
            await server.suffer(fault)
        return "250 2.0.0 OK, it is in the mailbox"


class _Doorkeeper:
    """Knows one name and its password."""

    def __init__(self, login: tuple[str, str] | None) -> None:
        self._login = login

    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object
    ) -> AuthResult:
        """Tell whether somebody may come in."""
        del server, session, envelope, mechanism
        if not isinstance(given, LoginPassword) or self._login is None:
            return AuthResult(success=False, handled=False)
        known = (given.login.decode(), given.password.decode()) == self._login
        return AuthResult(success=known, handled=False)
