"""Opens SMS by a provider's HTTP gateway, whose description is read and whose door is made, or by SMPP."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from contracts.catalogue import Agency
from runtime.clock import Clock
from services.notifier.channels.base import PostedUpdates, UnusableError
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.sms.channel import SmsChannel
from services.notifier.channels.sms.description import Description, DescriptionError, load_description
from services.notifier.channels.sms.gateway import open_gateway
from services.notifier.channels.sms.posts import posts_of
from services.notifier.channels.sms.smpp.options import SmppOptions
from services.notifier.channels.sms.smpp.transport import open_smpp
from services.notifier.settings import NotifierSettings

SECRETS = ("DOCWATCH_SMS_KEY", "DOCWATCH_SMS_WEBHOOK_SECRET", "DOCWATCH_SMS_SIGNING_KEY")
"""What a description may name."""


@dataclass(frozen=True)
class OpenedGateway:
    """A channel, its door, its texts a second, and what tells the account with the provider."""

    channel: SmsChannel
    posts: PostedUpdates | None
    rate: float
    identity: str


@asynccontextmanager
async def open_sms(
    settings: NotifierSettings, agency: Agency, name: str, clock: Clock, connections: int
) -> AsyncIterator[OpenedGateway]:
    """Open SMS as the settings say, for the length of the block; raises UnusableError."""
    if settings.smpp_url and settings.sms_gateway is not None:
        raise UnusableError("DOCWATCH_SMS_GATEWAY and DOCWATCH_SMPP_URL are both set; leave one")
    if settings.public_url is None:
        raise UnusableError("people confirm their number on our page; SMS needs DOCWATCH_PUBLIC_URL")
    sender = settings.sms_sender or agency.public_name(name) or agency.code
    if settings.sms_gateway is None:
        try:
            options = SmppOptions.of(_said(settings.smpp_url), _said(settings.smpp_password), sender)
        except ValueError as error:
            raise UnusableError(str(error)) from None
        async with open_by_smpp(options, public_url=settings.public_url, clock=clock, name=name) as opened:
            yield opened
        return
    try:
        async with open_by_gateway(
            settings.sms_gateway,
            {one: _said(getattr(settings, one.removeprefix("DOCWATCH_").lower())) for one in SECRETS},
            public_url=settings.public_url,
            sender=sender,
            clock=clock,
            name=name,
            connections=connections,
        ) as opened:
            yield opened
    except DescriptionError as error:
        raise UnusableError(f"DOCWATCH_SMS_GATEWAY: {error}") from None


def _said(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value().strip()


@asynccontextmanager
async def open_by_gateway(
    file: Path,
    secrets: Mapping[str, str],
    *,
    public_url: str,
    sender: str,
    clock: Clock,
    name: str = "sms",
    timeouts: Timeouts | None = None,
    connections: int = 64,
) -> AsyncIterator[OpenedGateway]:
    """Open SMS for the length of the block; nothing is asked of the provider yet.

    Raises DescriptionError where the description or a secret is not fit.
    """
    described = load_description(file, secrets)
    posts = posts_of(public_url, described, secrets, clock)
    async with open_gateway(
        described, secrets, sender=sender, posts=posts, timeouts=timeouts, connections=connections
    ) as gateway:
        channel = SmsChannel(gateway, public_url, name=name)
        yield OpenedGateway(channel, posts, described.rate, _identity(described, secrets))


@asynccontextmanager
async def open_by_smpp(
    options: SmppOptions, *, public_url: str, clock: Clock, name: str = "sms"
) -> AsyncIterator[OpenedGateway]:
    """Open SMS by SMPP for the length of the block; nothing is asked of the provider yet."""
    identity = f"{options.system_id}@{options.host}:{options.port}"
    async with open_smpp(options, clock) as transport:
        yield OpenedGateway(SmsChannel(transport, public_url, name=name), None, float(options.rate), identity)


def _identity(described: Description, secrets: Mapping[str, str]) -> str:
    """Return what is the same in every process of an account, wherever its description lies."""
    keys = "\x1f".join(secrets.get(name, "") for name in SECRETS)
    return hashlib.sha256(f"{described.url}\x1f{keys}".encode()).hexdigest()
