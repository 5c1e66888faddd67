"""Asks each messenger who the bots of the installation's accounts are."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import aiohttp

from cli.doctor.facts import BotFact, CatalogueFact
from cli.installation.settings import InstallationSettings
from sandbox.settings import SandboxSettings
from services.notifier.domain.accounts import channel_of

ASK_SECONDS = 8
REFUSED = (401, 404)
SHORT_SECRET = 16


async def look_at_bots(settings: InstallationSettings, *, served: bool) -> tuple[BotFact, ...]:
    """Ask each messenger who the bot of each account is."""
    secrets = {
        "telegram": settings.telegram_webhook_secret,
        "telegram.second": settings.telegram_second_webhook_secret,
    }
    tokens = {account: token.get_secret_value() for account, token in settings.own_bots.items()}
    api, simulated = settings.telegram_api_url, settings.sandboxed
    if simulated and served:
        api = f"http://{settings.host}:{settings.phone_port}"
        tokens = {"telegram": SandboxSettings().bot_token}
    owners: dict[str, str] = {}
    looks: list[Awaitable[BotFact]] = []
    for account, token in tokens.items():
        first, secret = owners.setdefault(token, account), secrets[account]
        known = BotFact(
            api,
            simulated,
            account,
            same_as=None if first == account else first,
            wanted=settings.telegram_webhook_url,
            guessable=secret is not None and len(secret.get_secret_value()) < SHORT_SECRET,
        )
        looks.append(_looked_at(known, token))
    return tuple(await asyncio.gather(*looks))


async def _looked_at(known: BotFact, token: str) -> BotFact:
    if known.same_as is not None:
        return known
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client:
            status, me = await _ask(client, f"{known.api}/bot{token}/getMe")
            if status in REFUSED:
                return replace(known, refused=True)
            if not me.get("ok"):
                return replace(known, error=f"status {status}")
            _, hook = await _ask(client, f"{known.api}/bot{token}/getWebhookInfo")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # The error's own text holds the address, and that holds the token.
        return replace(known, error=type(error).__name__)
    about = hook.get("result") or {}
    registered, wanted = about.get("url", ""), known.wanted
    return replace(
        known,
        username=me["result"].get("username"),
        webhook=bool(registered),
        elsewhere=wanted is not None and not registered.startswith(f"{wanted.rstrip('/')}/"),
        waiting_updates=int(about.get("pending_update_count", 0)),
    )


async def _ask(client: aiohttp.ClientSession, url: str) -> tuple[int, dict[str, dict[str, str]]]:
    async with client.get(url) as response:
        try:
            return response.status, await response.json()
        except aiohttp.ContentTypeError:
            return response.status, {}


def unserved(settings: InstallationSettings, catalogue: CatalogueFact) -> tuple[str, ...]:
    """Return the accounts of Telegram that people are led to and nobody serves."""
    if settings.sandboxed:
        return ()
    offered = [account for account in catalogue.bots if channel_of(account) == "telegram"]
    return tuple(account for account in offered if account not in settings.own_bots)
