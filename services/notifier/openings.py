"""How each account is opened, by its channel's own means: by which credential, and how fast it is used.

A further account is one more entry.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from contracts.catalogue import Agency, Catalogue
from contracts.channels import EMAIL, SMS, TELEGRAM, VIBER, WEB
from runtime.clock import Clock
from runtime.database.postgres import Pool
from runtime.keyring import KeyRing
from services.notifier.accounts import Entry, Opened
from services.notifier.channels.base import UnusableError
from services.notifier.channels.email.addresses import typed_address
from services.notifier.channels.email.opening import open_email
from services.notifier.channels.sms.numbers import typed_number
from services.notifier.channels.sms.opening import open_sms
from services.notifier.channels.telegram.channel import TelegramChannel
from services.notifier.channels.telegram.webhook import posts_of
from services.notifier.channels.viber.channel import ViberChannel
from services.notifier.channels.viber.webhook import posts_of as viber_posts_of
from services.notifier.channels.web.channel import WebChannel
from services.notifier.channels.web.messages import Messages
from services.notifier.channels.web.push import Pushes
from services.notifier.channels.web.push_service import open_push_service
from services.notifier.channels.web.push_subscriptions import Subscriptions
from services.notifier.channels.web.uploads import Uploads
from services.notifier.channels.web.vapid import Vapid
from services.notifier.delivery.sending.claiming import Pace
from services.notifier.domain.pacing.circuit_breaker import Terms
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.page.installing.routes import PushDoor
from services.notifier.settings import NotifierSettings
from services.notifier.wording.i18n import Voice
from worktime.calendar import calendar_of

SECOND = f"{TELEGRAM.code}.second"
ACCOUNTS = (TELEGRAM.code, SECOND, VIBER.code, WEB.code, EMAIL.code, SMS.code)
"""All that there may be, whoever has their credentials."""
SPARE_CONNECTIONS = 8
"""So many connections to a messenger beyond those of the sender: for updates, pictures, taps."""

VIBER_RATE, VIBER_CHAT_RATE = 30.0, 1.0
"""Viber publishes no rates but 100 messages in an hour to one person; ours are those that Telegram allows."""
WEB_RATE, WEB_CHAT_RATE, WEB_CONCURRENCY = 500.0, 50.0, 16
"""The page is our own database: what holds it back is the pool of connections, which others use as well."""
EMAIL_CHAT_RATE = 1.0
EMAIL_RESEND_SECONDS = 300.0
"""A server that did not answer may be at work on the letter for minutes."""
EMAIL_DEADLINE_SECONDS, EMAIL_SLOW_SECONDS = 120.0, 30.0
"""Servers ask others before they answer; all that comes before a letter ends well before the deadline."""
SMS_CHAT_RATE = 1.0
"""Texts a second to one number; how many there may be in all, the description of the gateway says."""


def entries(
    settings: NotifierSettings, voice: Voice, pool: Pool, ring: KeyRing, pushed: Callable[[str], object] = str
) -> tuple[Entry, ...]:
    """Return every account that may be on.

    `voice` has the agency, and the words that stand in letters. The page keeps its conversations in the
    database of `pool`, sealed under `ring`; `pushed` counts what came of a push to a device.
    """
    agency = voice.catalogue.agency
    return (
        Entry(
            TELEGRAM.code,
            "DOCWATCH_TELEGRAM_TOKEN",
            settings.telegram_token,
            partial(_telegram, settings, settings.telegram_webhook_secret),
            settings.telegram_bot,
        ),
        Entry(
            SECOND,
            "DOCWATCH_TELEGRAM_SECOND_TOKEN",
            settings.telegram_second_token,
            partial(_telegram, settings, settings.telegram_second_webhook_secret),
        ),
        Entry(
            VIBER.code,
            "DOCWATCH_VIBER_TOKEN",
            settings.viber_token,
            partial(_viber, settings, agency),
            settings.viber_bot,
        ),
        Entry(
            WEB.code,
            "DOCWATCH_PUBLIC_URL (with the channel web in the catalogue)",
            # Nobody outside gives us anything: it is the same account for whoever has the database.
            None if settings.public_url is None or agency.channel(WEB.code) is None else SecretStr(WEB.code),
            partial(_web, settings, pool, ring, pushed=pushed),
        ),
        Entry(
            EMAIL.code,
            "DOCWATCH_SMTP_URL",
            settings.smtp_url,
            partial(_email, settings, voice),
            settings.email_from,
        ),
        Entry(
            SMS.code,
            "DOCWATCH_SMPP_URL" if settings.smpp_url else "DOCWATCH_SMS_GATEWAY",
            settings.smpp_url or _gateway_of(settings),
            partial(_sms, settings, agency),
            settings.sms_sender,
        ),
    )


def _gateway_of(settings: NotifierSettings) -> SecretStr | None:
    return None if settings.sms_gateway is None else SecretStr(str(settings.sms_gateway))


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


@asynccontextmanager
async def _web(
    settings: NotifierSettings,
    pool: Pool,
    ring: KeyRing,
    name: str,
    _credential: str,
    clock: Clock,
    *,
    pushed: Callable[[str], object],
) -> AsyncIterator[Opened]:
    if settings.public_url is None:
        raise UnusableError("the page needs DOCWATCH_PUBLIC_URL")
    pace = Pace(
        rate_global=WEB_RATE,
        rate_chat=WEB_CHAT_RATE,
        resend_after=settings.resend_after,
        concurrency=min(WEB_CONCURRENCY, settings.send_concurrency),
    )
    messages, uploads, vapid = Messages(pool, ring), Uploads(pool, ring), _vapid(settings)
    if vapid is None:
        yield Opened(WebChannel(name, settings.public_url, messages, None, uploads), pace, None)
        return
    async with open_push_service(clock, loopback=settings.push_loopback) as service:
        pushes = Pushes(Subscriptions(pool, ring), service, vapid, clock, pushed)
        yield Opened(WebChannel(name, settings.public_url, messages, pushes, uploads), pace, None)


def push_door(settings: NotifierSettings, pool: Pool, ring: KeyRing) -> PushDoor | None:
    """Return how browsers subscribe to pushes; None without a key that these are signed by."""
    vapid = _vapid(settings)
    if vapid is None:
        return None
    return PushDoor(Subscriptions(pool, ring), vapid.public_key, settings.push_loopback)


def _vapid(settings: NotifierSettings) -> Vapid | None:
    key = "" if settings.vapid_key is None else settings.vapid_key.get_secret_value()
    return Vapid(key, settings.public_url) if key and settings.public_url else None


@asynccontextmanager
async def _email(
    settings: NotifierSettings, voice: Voice, name: str, url: str, clock: Clock
) -> AsyncIterator[Opened]:
    pace = Pace(
        rate_global=settings.email_rate,
        rate_chat=EMAIL_CHAT_RATE,
        resend_after=max(settings.resend_after, EMAIL_RESEND_SECONDS),
        concurrency=settings.smtp_connections,
        call_deadline=EMAIL_DEADLINE_SECONDS,
        breaker=Terms(slow=EMAIL_SLOW_SECONDS),
    )
    async with open_email(settings, voice, name, url, clock) as (channel, posts):
        yield Opened(channel, pace, posts, typed_address)


@asynccontextmanager
async def _sms(
    settings: NotifierSettings, agency: Agency, name: str, credential: str, clock: Clock
) -> AsyncIterator[Opened]:
    del credential  # the settings say whose file or address it is
    async with open_sms(
        settings, agency, name, clock, settings.send_concurrency + SPARE_CONNECTIONS
    ) as opened:
        yield Opened(
            opened.channel,
            _pace(settings, rate_global=opened.rate, rate_chat=SMS_CHAT_RATE),
            opened.posts,
            typed=partial(typed_number, country=agency.holidays.country),
            identity=opened.identity,
        )


def _pace(settings: NotifierSettings, *, rate_global: float, rate_chat: float) -> Pace:
    return Pace(
        rate_global=rate_global,
        rate_chat=rate_chat,
        resend_after=settings.resend_after,
        concurrency=settings.send_concurrency,
    )


def quiet_of(settings: NotifierSettings, catalogue: Catalogue) -> Quiet:
    """Return when nobody is woken."""
    agency, zone = catalogue.agency, ZoneInfo(catalogue.agency.time_zone)
    hours = agency.quiet_hours if settings.quiet_hours else None
    if hours is None:
        return Quiet(None, zone)
    return Quiet(hours, zone, hours.days_off, calendar_of(agency.holidays).works)
