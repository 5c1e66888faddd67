"""The accounts that a notifier sends through: each is on when its credential is set.

A further one is one more entry in `_entries`. An account that cannot be opened keeps no other from working.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr

from contracts.catalogue import Agency
from runtime.clock import Clock
from runtime.errors import StartError
from runtime.logs import logger
from services.notifier.channels.base import Channel, PostedUpdates
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.webhook import posts_of
from services.notifier.channels.viber.channel import ViberChannel
from services.notifier.channels.viber.webhook import posts_of as viber_posts_of
from services.notifier.delivery.pace import Pace
from services.notifier.settings import NotifierSettings

LOG = logger(__name__)
ACCOUNTS = (FIRST, SECOND, VIBER) = ("telegram", "telegram.second", "viber")
"""All that there may be, whoever has their credentials."""
SPARE_CONNECTIONS = 8
"""So many connections to a messenger beyond those of the sender: for updates, pictures, taps."""

VIBER_RATE, VIBER_CHAT_RATE = 30.0, 1.0
"""Viber publishes no rates but 100 messages in an hour to one person; ours are those that Telegram allows."""


class UnusableError(Exception):
    """An account cannot be used as the settings are; the message says why and what to do, with no secret."""


@dataclass(frozen=True)
class Opened:
    """A channel that is open, how fast it may be used, and its door where updates are posted to us."""

    channel: Channel
    pace: Pace
    posts: PostedUpdates | None


@dataclass(frozen=True)
class Account:
    """One account: `role` names the lease of its owner, `bot` its public name where that is known."""

    name: str
    role: str
    bot: str | None
    opened: Opened


@dataclass(frozen=True)
class Unusable:
    """An account that cannot be opened, and why; `reason` holds no secret."""

    name: str
    reason: str


@dataclass(frozen=True)
class Accounts:
    """The accounts in the order of the catalogue."""

    usable: Sequence[Account]
    unusable: Sequence[Unusable]


@dataclass(frozen=True)
class _Entry:
    """An account that may be on: what its credential's setting is called, and how it is opened with it.

    `bot` is its public name where the settings say another than the catalogue.
    """

    name: str
    setting: str
    credential: SecretStr | None
    open: Callable[[str, str, Clock], AbstractAsyncContextManager[Opened]]
    bot: str | None = None

    @property
    def secret(self) -> str:
        """Return the credential; empty where the account is off."""
        return "" if self.credential is None else self.credential.get_secret_value().strip()


def _entries(settings: NotifierSettings, agency: Agency) -> tuple[_Entry, ...]:
    return (
        _Entry(
            FIRST,
            "DOCWATCH_TELEGRAM_TOKEN",
            settings.telegram_token,
            partial(_telegram, settings, settings.telegram_webhook_secret),
            settings.telegram_bot,
        ),
        _Entry(
            SECOND,
            "DOCWATCH_TELEGRAM_SECOND_TOKEN",
            settings.telegram_second_token,
            partial(_telegram, settings, settings.telegram_second_webhook_secret),
        ),
        _Entry(
            VIBER,
            "DOCWATCH_VIBER_TOKEN",
            settings.viber_token,
            partial(_viber, settings, agency),
            settings.viber_bot,
        ),
    )


@asynccontextmanager
async def open_accounts(settings: NotifierSettings, agency: Agency, clock: Clock) -> AsyncIterator[Accounts]:
    """Open every account whose credential is given, for the length of the block; none is asked anything yet.

    Raises StartError where no credential is given.
    """
    entries = _in_order(settings, agency)
    usable: list[Account] = []
    unusable: list[Unusable] = []
    owners: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for entry in entries:
            same = owners.setdefault(entry.secret, entry.name)
            if same != entry.name:
                unusable.append(Unusable(entry.name, f"{entry.setting} is the credential of {same} as well"))
                continue
            try:
                opened = await stack.enter_async_context(entry.open(entry.name, entry.secret, clock))
            except UnusableError as error:
                unusable.append(Unusable(entry.name, str(error)))
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, the others must work
                # The error's own text may hold the credential.
                reason = f"it cannot be opened: {type(error).__name__}; look at {entry.setting}"
                unusable.append(Unusable(entry.name, reason))
                continue
            bot = entry.bot or agency.public_name(entry.name)
            usable.append(Account(entry.name, _role(entry), bot, opened))
        yield Accounts(usable, unusable)


def _in_order(settings: NotifierSettings, agency: Agency) -> list[_Entry]:
    entries = _entries(settings, agency)
    given = [entry for entry in entries if entry.secret]
    if not given:
        names = ", ".join(entry.setting for entry in entries)
        raise StartError(f"no messenger can be used: none of {names} is given")
    listed = [terms.account_name for terms in agency.channels]
    return sorted(given, key=lambda entry: listed.index(entry.name) if entry.name in listed else len(listed))


def _role(entry: _Entry) -> str:
    """Return the role of the account's owner; under another credential it is another role."""
    return f"{entry.name}:{hashlib.sha256(entry.secret.encode()).hexdigest()[:16]}"


@asynccontextmanager
async def _telegram(
    settings: NotifierSettings, secret: SecretStr | None, name: str, token: str, clock: Clock
) -> AsyncIterator[Opened]:
    pace = _pace(settings, rate_global=settings.rate_global, rate_chat=settings.rate_chat)
    async with TelegramChannel.open(
        token,
        settings.telegram_api_url,
        name=name,
        clock=clock,
        connections=pace.concurrency + SPARE_CONNECTIONS,
        paid=settings.telegram_paid_broadcast,
    ) as channel:
        posts = None
        if settings.telegram_webhook_url is not None:
            chosen = None if secret is None else secret.get_secret_value()
            posts = posts_of(settings.telegram_webhook_url, token, chosen, channel.read)
        yield Opened(channel, pace, posts)


@asynccontextmanager
async def _viber(
    settings: NotifierSettings, agency: Agency, name: str, token: str, clock: Clock
) -> AsyncIterator[Opened]:
    if settings.public_url is None:
        raise UnusableError("Viber posts what people write; it needs DOCWATCH_PUBLIC_URL")
    pace = _pace(settings, rate_global=VIBER_RATE, rate_chat=VIBER_CHAT_RATE)
    sender = agency.name[agency.default_language]
    async with ViberChannel.open(
        token,
        sender,
        settings.viber_api_url,
        name=name,
        connections=pace.concurrency + SPARE_CONNECTIONS,
    ) as channel:
        yield Opened(channel, pace, viber_posts_of(settings.public_url, token, sender, clock))


def _pace(settings: NotifierSettings, *, rate_global: float, rate_chat: float) -> Pace:
    return Pace(
        rate_global=rate_global,
        rate_chat=rate_chat,
        resend_after=settings.resend_after,
        concurrency=settings.send_concurrency,
    )
