"""Gathers the doctor's facts from the settings, the servers, the messenger and this machine."""

import asyncio
import hashlib
import json
import shutil
import socket
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Collection
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr

from cli.doctor.bots import look_at_bots, unserved
from cli.doctor.channel_facts import MailFact, SmsFact
from cli.doctor.edge import gather_edges
from cli.doctor.facts import (
    CatalogueFact,
    DatabaseFact,
    DiskFact,
    DoorFact,
    Facts,
    NatsFact,
    SecretFact,
    SecretsFile,
    ServiceFact,
)
from cli.doctor.gathering.servers import look_at_database, look_at_nats
from cli.doctor.mail import look_at_mail
from cli.doctor.texts import look_at_texts
from cli.errors import CommandError
from cli.installation.local import running
from cli.installation.settings import InstallationSettings
from cli.settings import SAMPLE_CATALOGUE
from contracts.catalogue import CatalogueError, load_catalogue
from contracts.channels import WEB
from contracts.services import SERVICES
from runtime.clock import Clock
from runtime.errors import SettingsError
from runtime.keyring import KeyRingError, parse_keys
from runtime.public_addresses import forbidden
from runtime.settings import key_bytes
from services.notifier.settings import usable_vapid_key

ASK_SECONDS = 8
FEW_BYTES = 8
MEGABYTE = 1024 * 1024
_SPARE = frozenset({"CONVERSATION_KEYS", "STAFF_KEYS", "VAPID_KEY"})
"""Without them a part of the work is not done, and the rest goes on."""


async def gather(settings: InstallationSettings, clock: Clock) -> Facts:
    """Look at everything at once; whatever does not answer becomes a fact, never an error."""
    catalogue = await asyncio.to_thread(_catalogue, settings)
    known, nothing_runs = _addresses(settings)
    served = not (nothing_runs and settings.nats_url is None)
    nats, databases, bots, services, (edge, staff_door), (mail, texts) = await asyncio.gather(
        _nats(settings, known, clock),
        _databases(settings, known, clock),
        look_at_bots(settings, catalogue.bots or ("telegram",), served=served),
        _services(settings) if served else _nobody(),
        gather_edges(settings, served=served),
        _providers(settings, clock, catalogue.bots, served=served),
    )
    return Facts(
        secrets=_secrets(
            settings,
            made=settings.nats_url is None or settings.database_url is None,
            pushes=settings.edge_url is not None and WEB.code in catalogue.bots,
            handed=catalogue.staffed,
        ),
        secrets_file=_mode_of(settings.secrets_path),
        data_folder=_mode_of(settings.folder) if settings.secrets_path.exists() else None,
        nothing_runs=nothing_runs,
        nats=nats,
        databases=databases,
        pool_size=settings.database_pool,
        bots=bots,
        unserved=unserved(settings, catalogue),
        files_room=settings.files_room * MEGABYTE,
        catalogue=catalogue,
        disk=_disk(settings.folder),
        services=services,
        door=await asyncio.to_thread(_door, settings),
        edge=edge,
        staff_door=staff_door,
        mail=mail,
        texts=texts,
    )


async def _providers(
    settings: InstallationSettings, clock: Clock, offered: Collection[str], *, served: bool
) -> tuple[tuple[MailFact, ...], SmsFact | None]:
    return await asyncio.gather(
        look_at_mail(settings, clock, offered="email" in offered, served=served),
        look_at_texts(settings, offered="sms" in offered, served=served),
    )


def _addresses(settings: InstallationSettings) -> tuple[dict[str, str], str | None]:
    if settings.nats_url is not None and settings.database_url is not None:
        return {}, None
    try:
        return running(settings.folder), None
    except CommandError as error:
        return {}, str(error)


async def _nats(settings: InstallationSettings, known: dict[str, str], clock: Clock) -> NatsFact | None:
    if settings.nats_url is not None:
        url, monitor, logins = settings.nats_url.get_secret_value(), None, settings.logins
    elif "nats" in known:
        url, monitor = known["nats"], _embedded_monitor(settings.folder)
        logins = {name: known[f"nats_{name}"] for name in SERVICES if f"nats_{name}" in known}
    else:
        return None
    return await look_at_nats(url, settings.nats_monitor_url or monitor, settings.nats_ca, logins, clock.now)


def _embedded_monitor(folder: Path) -> str | None:
    try:
        configured = json.loads((folder / "nats" / "nats.conf").read_text())
    except (OSError, ValueError):
        return None
    return f"http://{configured['http']}" if "http" in configured else None


async def _databases(
    settings: InstallationSettings, known: dict[str, str], clock: Clock
) -> tuple[DatabaseFact, ...]:
    looks: list[Awaitable[DatabaseFact]] = []
    if settings.database_url is not None:
        looks.append(look_at_database(settings.database_url.get_secret_value(), None, clock.now))
    else:
        looks += [
            look_at_database(known[f"database_{name}"], [name], clock.now)
            for name in SERVICES
            if f"database_{name}" in known
        ]
    return tuple(await asyncio.gather(*looks))


def _door(settings: InstallationSettings) -> DoorFact | None:
    """Look where ingest stands: at the address that was said, else at that on which it listens."""
    said = settings.ingest_url
    url = said or f"http://{settings.host}:{settings.ingest_port}"
    parts = urlsplit(url)
    try:
        host = parts.hostname if said else settings.host
        resolved = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return None
    addresses = {str(entry[4][0]) for entry in resolved}
    # Who listens everywhere may be reached from anywhere; a name that others gave it says more.
    outside = any(not forbidden(address) if said else not _loopback(address) for address in addresses)
    return DoorFact(url, encrypted=parts.scheme == "https", open=outside)


def _loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


async def _nobody() -> tuple[ServiceFact, ...]:
    return ()


async def _services(settings: InstallationSettings) -> tuple[ServiceFact, ...]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client:

        async def ask(name: str, url: str) -> ServiceFact:
            said = getattr(settings, SERVICES[name].setting("ops_url"))
            elsewhere = settings.nats_url is not None and said is None
            try:
                async with client.get(f"{url}/readyz") as response:
                    problems = (await response.json()).get("problems", {})
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                return ServiceFact(name, url, elsewhere=elsewhere, error=str(error) or type(error).__name__)
            return ServiceFact(name, url, elsewhere=elsewhere, problems=problems)

        return tuple(await asyncio.gather(*(ask(name, url) for name, url in settings.services.items())))


def _secrets(
    settings: InstallationSettings, *, made: bool, pushes: bool, handed: bool
) -> tuple[SecretFact, ...]:
    stored = _stored(settings.secrets_path) if made else {}
    given = {
        "PEPPER": settings.pepper,
        "RECEIPT_KEY": settings.receipt_key,
        "ENCRYPTION_KEYS": settings.encryption_keys,
        **({"CONVERSATION_KEYS": settings.conversation_keys} if handed or settings.conversation_keys else {}),
        **({"STAFF_KEYS": settings.staff_keys or None} if settings.door_url or settings.staff_keys else {}),
        **({"VAPID_KEY": settings.vapid_key or None} if pushes or settings.vapid_key else {}),
    }
    judges: dict[str, Callable[[str, SecretStr], SecretFact]] = {
        "ENCRYPTION_KEYS": _ring,
        "CONVERSATION_KEYS": _ring,
        "STAFF_KEYS": _ring,
        "VAPID_KEY": _signing_key,
    }
    facts = []
    for name, value in given.items():
        kept = stored.get(f"DOCWATCH_{name}")
        secret = value or (SecretStr(kept) if kept else None)
        if secret is not None:
            facts.append(judges.get(name, _key)(name, secret))
        elif not made or stored:
            facts.append(SecretFact(f"DOCWATCH_{name}", given=False, spare=name in _SPARE))
    return tuple(facts)


def _stored(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _key(name: str, secret: SecretStr) -> SecretFact:
    try:
        key = key_bytes(name, secret)
    except SettingsError as error:
        return SecretFact(f"DOCWATCH_{name}", given=True, fault=str(error).partition(": ")[2])
    return SecretFact(f"DOCWATCH_{name}", given=True, fault=_no_secret(key), fingerprint=_fingerprint(key))


def _no_secret(key: bytes) -> str | None:
    """Say so where a key was typed and not drawn: 32 random bytes have about 30 different ones."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    typed = len(set(key)) < FEW_BYTES or len(steps) == 1
    return "it repeats or counts: an example and no secret" if typed else None


def _ring(name: str, secret: SecretStr) -> SecretFact:
    try:
        keys = parse_keys(secret.get_secret_value())
    except KeyRingError as error:
        return SecretFact(f"DOCWATCH_{name}", given=True, fault=str(error))
    return SecretFact(
        f"DOCWATCH_{name}",
        given=True,
        fault=next((fault for _, key in keys if (fault := _no_secret(key))), None),
        fingerprint=_fingerprint(keys[0][1]),
        key_ids=tuple(key_id for key_id, _ in keys),
    )


def _signing_key(name: str, secret: SecretStr) -> SecretFact:
    try:
        value = usable_vapid_key(secret).get_secret_value()
    except ValueError as error:
        return SecretFact(f"DOCWATCH_{name}", given=True, fault=str(error), spare=True)
    key = urlsafe_b64decode(f"{value}=")
    return SecretFact(
        f"DOCWATCH_{name}", given=True, fault=_no_secret(key), fingerprint=_fingerprint(key), spare=True
    )


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def _mode_of(path: Path) -> SecretsFile | None:
    try:
        return SecretsFile(str(path), path.stat().st_mode & 0o777)
    except OSError:
        return None


def _catalogue(settings: InstallationSettings) -> CatalogueFact:
    path = settings.catalogue
    try:
        agency = load_catalogue(path).agency
    except CatalogueError as error:
        return CatalogueFact(
            str(path), problems=tuple(str(fault) for fault in error.problems) or (str(error),)
        )
    named = agency.named("telegram", settings.telegram_bot).named("viber", settings.viber_bot)
    return CatalogueFact(
        str(path),
        bots={terms.account_name: terms.name for terms in named.channels},
        sample=path.absolute() == SAMPLE_CATALOGUE,
        staffed=agency.desk is not None,
        takes_files=agency.desk is not None and agency.desk.files is not None,
    )


def _disk(folder: Path) -> DiskFact:
    place = next(directory for directory in (folder, *folder.parents) if directory.exists())
    usage = shutil.disk_usage(place)
    return DiskFact(str(place), usage.free, usage.total)
