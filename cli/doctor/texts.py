"""The doctor's look at SMS: the description can be used, and the provider answers; no text is sent."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr

from cli.doctor.channel_facts import SmsFact
from cli.doctor.facts import Facts
from cli.doctor.findings import Finding, problem, warning
from cli.installation.settings import InstallationSettings
from cli.installation.stack import SIMULATED_PROVIDER
from services.notifier.channels.sms.description import Description, DescriptionError, load_description
from services.notifier.channels.sms.opening import SECRETS
from services.notifier.channels.sms.posts import check_secret
from services.notifier.channels.sms.smpp.options import SmppOptions

ASK_SECONDS = 8.0


async def look_at_texts(settings: InstallationSettings, *, offered: bool, served: bool) -> SmsFact | None:
    """Look at the provider of SMS where it is on; None where it is not."""
    file, url = settings.sms_gateway, _said(settings.smpp_url)
    secrets = {name: _said(getattr(settings, name.removeprefix("DOCWATCH_").lower())) for name in SECRETS}
    if settings.sandboxed:
        if not served or not offered:
            return None
        file, secrets = settings.folder / "sms-gateway.yaml", dict(SIMULATED_PROVIDER)
    if file is not None and url:
        return SmsFact("", setting="DOCWATCH_SMS_GATEWAY and DOCWATCH_SMPP_URL are both set; leave one")
    if file is not None:
        return await _gateway(settings, file, secrets)
    return await _message_centre(settings, url) if url else None


async def _gateway(settings: InstallationSettings, file: Path, secrets: dict[str, str]) -> SmsFact:
    try:
        described = await asyncio.to_thread(load_description, file, secrets)
        check_secret(described, secrets)
    except DescriptionError as error:
        return SmsFact("", setting=f"DOCWATCH_SMS_GATEWAY: {error}")
    place = urlsplit(described.url)
    fact = SmsFact(
        f"{place.scheme}://{place.netloc}",
        no_page=settings.edge_url is None,
        untold=described.receipts is None,
    )
    return replace(fact, error=await _asked(described))


async def _asked(described: Description) -> str | None:
    """Return why a gateway cannot be reached; whatever it answers to a request without a text is well."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client,
            client.head(described.url, allow_redirects=False),
        ):
            return None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return type(error).__name__


async def _message_centre(settings: InstallationSettings, url: str) -> SmsFact:
    try:
        options = SmppOptions.of(url, _said(settings.smpp_password), settings.sms_sender or "Docwatch")
    except ValueError as error:
        return SmsFact("", setting=str(error))
    fact = SmsFact(f"{options.host}:{options.port}", no_page=settings.edge_url is None)
    try:
        async with asyncio.timeout(ASK_SECONDS):
            _, writer = await asyncio.open_connection(options.host, options.port, ssl=options.tls)
    except (OSError, TimeoutError) as error:
        return replace(fact, error=type(error).__name__)
    writer.close()
    return fact


def texts(facts: Facts) -> Iterator[Finding]:
    """The provider of SMS is described as it can be used, answers, and tells what became of texts."""
    fact = facts.texts
    if fact is None:
        return
    if fact.setting is not None:
        yield problem(
            "sms",
            "setting",
            fact.setting,
            "nobody gets a text; the notifier leaves the account out",
            "correct that place; docs/operations.md says what may stand there",
        )
    if fact.error is not None:
        yield problem(
            "sms",
            "unreachable",
            f"{fact.server} does not answer: {fact.error}",
            "nobody gets a text",
            "check the address, the name server, the certificate, the proxy and the firewall",
        )
    if fact.no_page:
        yield problem(
            "sms",
            "no-page",
            "DOCWATCH_PUBLIC_URL is not set, and SMS cannot be used without it",
            "people confirm their number on our page; the notifier leaves the account out",
            "set it to the https:// address under which the internet reaches the notifier's public port",
        )
    if fact.untold:
        yield warning(
            "sms",
            "untold",
            "the description of the gateway has no receipts",
            "nobody learns that a text did not arrive, and no other way is tried",
            "describe posts and receipts, and have the provider post them",
        )


def _said(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value().strip()
