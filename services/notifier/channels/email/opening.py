"""The account of e-mail made from the settings; what is wrong with them is said by the setting's name."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from contracts.channels import EMAIL
from runtime.clock import Clock
from runtime.keyring import KeyRing, KeyRingError, parse_keys
from services.notifier.channels.base import UnusableError
from services.notifier.channels.email.addresses import Mailbox, mailbox_of
from services.notifier.channels.email.channel import EmailChannel
from services.notifier.channels.email.connections import Connections
from services.notifier.channels.email.letter import Names, Stationery
from services.notifier.channels.email.mailbox import BounceMailbox
from services.notifier.channels.email.marks import LONGEST_BOUNCE_NAME, PURPOSE, Marks
from services.notifier.channels.email.server import Server, server_of
from services.notifier.channels.email.signing import Signer, signer_of
from services.notifier.channels.email.webhook import PATH, BouncePosts
from services.notifier.domain.messages import shown
from services.notifier.settings import NotifierSettings
from services.notifier.wording.i18n import Voice

SMTP = ("smtps", "smtp")
IMAP = ("imaps", "imap")
T = TypeVar("T")


@asynccontextmanager
async def open_email(
    settings: NotifierSettings, voice: Voice, name: str, url: str, clock: Clock
) -> AsyncIterator[tuple[EmailChannel, BouncePosts | None]]:
    """Open the channel, and its door for what comes back where that is posted, for the length of the block.

    Raises UnusableError.
    """
    if settings.public_url is None:
        raise UnusableError("people begin with e-mail on our page; it needs DOCWATCH_PUBLIC_URL")
    address = _from(settings, voice)
    marks = _marks(settings, address)
    connections = Connections(
        smtp_server(url, _said(settings.smtp_password), plain=settings.smtp_plain),
        clock,
        most=settings.smtp_connections,
        tls=trusted(settings.smtp_ca),
    )
    mailbox = _mailbox(settings, marks, clock)
    posts = _posts(settings, marks, clock)
    async with EmailChannel.open(
        connections,
        Stationery(address, names_of(voice), voice.languages[0], marks),
        clock,
        name=name,
        public_url=settings.public_url,
        domain_rate=settings.email_domain_rate,
        signer=_signer(settings, address),
        mailbox=mailbox,
        posted=posts is not None,
    ) as channel:
        yield channel, posts


def smtp_server(url: str, password: str, *, plain: bool) -> Server:
    """Return the server that letters are handed over to; raises UnusableError."""
    return _fit("DOCWATCH_SMTP_URL", lambda: server_of(url, schemes=SMTP, password=password, plain=plain))


def imap_server(url: str, password: str) -> Server:
    """Return the server with the mailbox of what comes back; raises UnusableError."""
    return _fit("DOCWATCH_IMAP_URL", lambda: server_of(url, schemes=IMAP, password=password))


def trusted(more: Path | None) -> ssl.SSLContext:
    """Return by which certificates servers are known: the system's, and those of a file.

    Raises UnusableError.
    """
    context = ssl.create_default_context()
    if more is not None:
        try:
            context.load_verify_locations(more)
        except (OSError, ssl.SSLError) as error:
            raise UnusableError(f"DOCWATCH_SMTP_CA: it cannot be read: {type(error).__name__}") from None
    return context


def names_of(voice: Voice) -> dict[str, Names]:
    """Return what letters say of themselves in each language."""
    agency = voice.catalogue.agency
    return {
        language: Names(speech.pick(agency.name), shown(speech.say("Stop these letters")))
        for language, speech in voice.speeches.items()
    }


def _from(settings: NotifierSettings, voice: Voice) -> Mailbox:
    address = settings.email_from or voice.catalogue.agency.public_name(EMAIL.code)
    if address is None:
        raise UnusableError(
            "nobody says whom letters are from: name e-mail in the catalogue, or set DOCWATCH_EMAIL_FROM"
        )
    return _fit("DOCWATCH_EMAIL_FROM", lambda: mailbox_of(address))


def _marks(settings: NotifierSettings, address: Mailbox) -> Marks:
    bounces = settings.bounce_address
    if bounces is not None and len(bounces.partition("@")[0]) > LONGEST_BOUNCE_NAME:
        raise UnusableError(
            f"DOCWATCH_BOUNCE_ADDRESS: at most {LONGEST_BOUNCE_NAME} characters before the @,"
            " for a mark of 52 is added there"
        )
    try:
        ring = KeyRing(parse_keys(settings.encryption_keys.get_secret_value()), PURPOSE)
    except KeyRingError as error:
        raise UnusableError(f"DOCWATCH_ENCRYPTION_KEYS: {error}") from None
    return Marks(ring, address.domain, bounces)


def _mailbox(settings: NotifierSettings, marks: Marks, clock: Clock) -> BounceMailbox | None:
    url = _said(settings.imap_url)
    if not url:
        return None
    if _said(settings.bounce_secret):
        raise UnusableError("DOCWATCH_IMAP_URL and DOCWATCH_BOUNCE_SECRET are both set; keep one of them")
    return BounceMailbox(
        imap_server(url, _said(settings.imap_password)), marks, clock, trusted(settings.smtp_ca)
    )


def _posts(settings: NotifierSettings, marks: Marks, clock: Clock) -> BouncePosts | None:
    secret = _said(settings.bounce_secret)
    return BouncePosts(f"{settings.public_url}{PATH}", secret, marks, clock) if secret else None


def _signer(settings: NotifierSettings, address: Mailbox) -> Signer | None:
    key, selector = _said(settings.dkim_key), settings.dkim_selector
    if bool(key) != bool(selector):
        raise UnusableError("DOCWATCH_DKIM_KEY and DOCWATCH_DKIM_SELECTOR are needed both, or neither")
    if not selector:
        return None
    return _fit("DOCWATCH_DKIM_KEY", lambda: signer_of(key, address.domain, selector))


def _said(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value().strip()


def _fit(setting: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except ValueError as error:
        raise UnusableError(f"{setting}: {error}") from None
