"""The doctor's look at e-mail: the servers answer, by TLS, and let us in; no letter is sent."""

import asyncio
import imaplib
from collections.abc import Iterator

from pydantic import SecretStr

from cli.doctor.channel_facts import MailFact
from cli.doctor.facts import Facts
from cli.doctor.findings import Finding, problem, warning
from cli.installation.settings import InstallationSettings
from runtime.clock import Clock
from services.notifier.channels.base import UnusableError
from services.notifier.channels.email.connections import Connections, Timeouts
from services.notifier.channels.email.mailbox import open_mailbox
from services.notifier.channels.email.opening import imap_server, smtp_server, trusted
from services.notifier.domain.results import AccountDown, name_and_detail

ASK_SECONDS = 8.0


async def look_at_mail(
    settings: InstallationSettings, clock: Clock, *, offered: bool, served: bool
) -> tuple[MailFact, ...]:
    """Ask the server of mail, and that with what comes back, where e-mail is on."""
    url = _said(settings.smtp_url)
    if not url and settings.sandboxed and served and offered:
        url = f"smtp://127.0.0.1:{settings.smtp_port}"
    if not url:
        return ()
    letters = _letters(settings, url, clock)
    if not _said(settings.imap_url):
        return (await letters,)
    return tuple(await asyncio.gather(letters, _reports(settings)))


async def _letters(settings: InstallationSettings, url: str, clock: Clock) -> MailFact:
    try:
        server = smtp_server(url, _said(settings.smtp_password), plain=settings.smtp_plain)
        context = trusted(settings.smtp_ca)
    except UnusableError as error:
        return MailFact("letters", "", setting=str(error))
    timeouts = Timeouts(ASK_SECONDS, ASK_SECONDS, ASK_SECONDS)
    refusal = await Connections(server, clock, most=1, tls=context, timeouts=timeouts).check()
    detail = None if refusal is None else name_and_detail(refusal)[1]
    refused = isinstance(refusal, AccountDown)
    return MailFact(
        "letters",
        server.name,
        refused=detail if refused else None,
        error=None if refused else detail,
        no_page=settings.edge_url is None,
        unread=not settings.sandboxed and not _said(settings.imap_url) and not _said(settings.bounce_secret),
    )


async def _reports(settings: InstallationSettings) -> MailFact:
    try:
        server = imap_server(_said(settings.imap_url), _said(settings.imap_password))
        context = trusted(settings.smtp_ca)
    except UnusableError as error:
        return MailFact("reports", "", setting=str(error))

    def look() -> None:
        with open_mailbox(server, context, ASK_SECONDS):
            pass

    try:
        await asyncio.to_thread(look)
    except (imaplib.IMAP4.error, ValueError):
        # What a server says may hold anything.
        return MailFact("reports", server.name, refused="it does not let us into that folder")
    except OSError as error:
        return MailFact("reports", server.name, error=type(error).__name__)
    return MailFact("reports", server.name)


def mail(facts: Facts) -> Iterator[Finding]:
    """The servers of mail let us in, and what comes back is read."""
    for server in facts.mail:
        yield from _findings(server)


def _findings(server: MailFact) -> Iterator[Finding]:
    url = "DOCWATCH_SMTP_URL" if server.purpose == "letters" else "DOCWATCH_IMAP_URL"
    cost = (
        "nobody gets a letter"
        if server.purpose == "letters"
        else "nobody learns that a letter did not arrive, and no other way is tried"
    )
    if server.setting is not None:
        yield problem("mail", "setting", server.setting, cost, "correct that setting of the notifiers")
    if server.refused is not None:
        yield problem(
            "mail",
            "refused",
            f"{server.server} does not let us in: {server.refused}",
            cost,
            f"ask the server's people for name, password and certificate; correct {url}",
        )
    if server.error is not None:
        yield problem(
            "mail",
            "unreachable",
            f"{server.server} does not answer: {server.error}",
            cost,
            f"check {url}, the name server and the firewall; many networks shut port 25",
        )
    if server.no_page:
        yield problem(
            "mail",
            "no-page",
            "DOCWATCH_PUBLIC_URL is not set, and e-mail cannot be used without it",
            "people give their address on our page; the notifier leaves the account out",
            "set it to the https:// address under which the internet reaches the notifier's public port",
        )
    if server.unread:
        yield warning(
            "mail",
            "unread",
            "nobody reads what comes back of letters that cannot be delivered",
            cost,
            "set DOCWATCH_IMAP_URL, or DOCWATCH_BOUNCE_SECRET with docwatch bounce at the server of mail",
        )


def _said(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value().strip()
