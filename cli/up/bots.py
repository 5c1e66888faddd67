"""What the bots are called, as far as their messengers are asked before anything else starts."""

from http import HTTPStatus

import aiohttp
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from cli.errors import CommandError
from cli.settings import LocalSettings
from contracts.catalogue import Agency

SIMULATED = ("telegram", "viber", "email", "sms")
"""The messengers that the sandbox has."""
ASK_SECONDS = 15
_WRONG_TOKEN = 2


async def public_names(settings: LocalSettings, agency: Agency) -> dict[str, str]:
    """Return the public name by channel of each bot that this installation has.

    Simulated ones are called as the catalogue says; an agency without channels gets one of Telegram. Raises
    CommandError where a messenger refuses the token of a real one or does not answer.
    """
    if settings.sandboxed:
        named = {terms.channel: terms.name for terms in agency.offered if terms.channel in SIMULATED}
        return named or {"telegram": "docwatch_bot"}
    bots = {}
    if settings.telegram_token is not None:
        token = settings.telegram_token.get_secret_value()
        bots["telegram"] = await _telegram(token, settings.telegram_api_url)
    if settings.viber_token is not None:
        if settings.public_url is None:
            raise CommandError(
                "Viber posts what people write: set DOCWATCH_PUBLIC_URL to the https:// address under which "
                f"the internet reaches port {settings.public_port} of this machine"
            )
        bots["viber"] = await _viber(settings.viber_token.get_secret_value(), settings.viber_api_url)
    if settings.smtp_url is not None:
        if settings.public_url is None:
            raise CommandError(
                "people give their address of e-mail on a page: set DOCWATCH_PUBLIC_URL to the https:// "
                f"address under which the internet reaches port {settings.public_port} of this machine"
            )
        address = settings.email_from or agency.public_name("email")
        if address is None:
            raise CommandError("nobody says whom letters are from: set DOCWATCH_EMAIL_FROM")
        bots["email"] = address
    if "sms" in settings.own_bots:
        bots["sms"] = _sender(settings, agency)
    return bots


def _sender(settings: LocalSettings, agency: Agency) -> str:
    """Return whom texts come from."""
    if settings.public_url is None:
        raise CommandError(
            "people give their number on a page: set DOCWATCH_PUBLIC_URL to the https:// address under which "
            f"the internet reaches port {settings.public_port} of this machine"
        )
    sender = settings.sms_sender or agency.public_name("sms")
    if sender is None:
        raise CommandError("nobody says whom texts come from: set DOCWATCH_SMS_SENDER")
    return sender


async def _telegram(token: str, api_url: str) -> str:
    try:
        async with Bot(token, base_url=f"{api_url.rstrip('/')}/bot") as bot:
            return bot.username
    except InvalidToken:
        raise CommandError(
            "Telegram refuses DOCWATCH_TELEGRAM_TOKEN; BotFather shows the right one under /mybots, API Token"
        ) from None
    except TelegramError as error:
        raise CommandError(f"cannot ask {api_url} who the bot is: {type(error).__name__}") from None


async def _viber(token: str, api_url: str) -> str:
    url, headers = f"{api_url.rstrip('/')}/pa/get_account_info", {"X-Viber-Auth-Token": token}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client,
            client.post(url, json={}, headers=headers, allow_redirects=False) as answer,
        ):
            said = await answer.json(content_type=None) if answer.status == HTTPStatus.OK else {}
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise CommandError(f"cannot ask {api_url} who the bot is: {type(error).__name__}") from None
    if said.get("status") == _WRONG_TOKEN:
        raise CommandError(
            "Viber refuses DOCWATCH_VIBER_TOKEN; the bot's page at partners.viber.com shows the right one"
        )
    name = said.get("uri")
    if not isinstance(name, str) or not name:
        raise CommandError(f"{api_url} does not say who the bot is")
    return name
