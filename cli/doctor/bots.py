"""Asks each messenger who the bots of the installation's accounts are."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace

import aiohttp

from cli.doctor.channel_facts import BotFact
from cli.doctor.facts import CatalogueFact
from cli.installation.settings import InstallationSettings
from contracts.channels import WEB, channel_of
from sandbox.settings import VIBER_TOKEN, SandboxSettings

ASK_SECONDS = 8
REFUSED = (401, 404)
VIBER_REFUSES = 2
SHORT_SECRET = 16


async def look_at_bots(
    settings: InstallationSettings, offered: Collection[str], *, served: bool
) -> tuple[BotFact, ...]:
    """Ask each messenger who the bot of each account is; of simulated ones those that are offered."""
    secrets = {
        "telegram": settings.telegram_webhook_secret,
        "telegram.second": settings.telegram_second_webhook_secret,
    }
    tokens = {
        account: token.get_secret_value()
        for account, token in settings.own_bots.items()
        if channel_of(account) in _LOOKS
    }
    apis = {"telegram": settings.telegram_api_url, "viber": settings.viber_api_url}
    wanted = {"telegram": settings.telegram_webhook_url, "viber": settings.edge_url}
    simulated = settings.sandboxed
    if simulated and served:
        phone = f"http://{settings.host}:{settings.phone_port}"
        apis = {"telegram": phone, "viber": f"{phone}/viber"}
        tokens = {"telegram": SandboxSettings().bot_token, "viber": VIBER_TOKEN}
        tokens = {account: token for account, token in tokens.items() if account in offered}
    owners: dict[str, str] = {}
    looks: list[Awaitable[BotFact]] = []
    for account, token in tokens.items():
        first, secret, channel = owners.setdefault(token, account), secrets.get(account), channel_of(account)
        known = BotFact(
            apis[channel].rstrip("/"),
            simulated,
            account,
            same_as=None if first == account else first,
            wanted=wanted[channel],
            guessable=secret is not None and len(secret.get_secret_value()) < SHORT_SECRET,
        )
        looks.append(_LOOKS[channel](known, token))
    return tuple(await asyncio.gather(*looks))


async def _telegram(known: BotFact, token: str) -> BotFact:
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


async def _viber(known: BotFact, token: str) -> BotFact:
    if known.same_as is not None:
        return known
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client,
            client.post(
                f"{known.api}/pa/get_account_info", json={}, headers={"X-Viber-Auth-Token": token}
            ) as answer,
        ):
            about = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return replace(known, error=type(error).__name__)
    status = about.get("status")
    if status != 0:
        return replace(known, refused=status == VIBER_REFUSES, error=f"status {status}")
    registered = str(about.get("webhook") or "")
    wanted = known.wanted
    return replace(
        known,
        username=about.get("uri"),
        webhook=bool(registered),
        elsewhere=wanted is not None and not registered.startswith(f"{wanted.rstrip('/')}/viber/"),
    )


_LOOKS: Mapping[str, Callable[[BotFact, str], Awaitable[BotFact]]] = {"telegram": _telegram, "viber": _viber}


async def _ask(client: aiohttp.ClientSession, url: str) -> tuple[int, dict[str, dict[str, str]]]:
    async with client.get(url) as response:
        try:
            return response.status, await response.json()
        except aiohttp.ContentTypeError:
            return response.status, {}


def unserved(settings: InstallationSettings, catalogue: CatalogueFact) -> tuple[str, ...]:
    """Return the accounts that people are led to and nobody serves."""
    if settings.sandboxed:
        return ()
    served = {*settings.own_bots, *([] if settings.edge_url is None else [WEB.code])}
    return tuple(account for account in catalogue.bots if account not in served)
