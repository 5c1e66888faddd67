"""Asks NATS who is let in, and each service's login what it may do; nothing is tried, the server tells."""

import asyncio
import ipaddress
import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import nats
import nats.errors
from nats.aio.client import Client

from cli.doctor.facts import LoginFact
from contracts.logins import LOGINS, OWN_RIGHTS
from runtime.errors import SettingsError
from runtime.messaging.jetstream import addresses
from runtime.messaging.tls import tls_context, tls_options

CONNECT_SECONDS = 4
CLOSE_SECONDS = 0.5
NATS_PORT = 4222
DAY = 86400.0
EVERYTHING = ">"


def is_remote(url: str) -> bool:
    """Tell whether an address leads beyond this machine."""
    return any(not _is_here(urlsplit(address).hostname or "") for address in addresses(url))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def connect(url: str, ca: Path | None, inbox: str = "_INBOX") -> Client:
    """Connect once, without a second try; raises what nats-py raises, or SettingsError."""

    async def quiet(_: Exception) -> None:
        """Each failure is seen where it is asked for."""

    client = Client()
    try:
        await asyncio.wait_for(
            client.connect(
                addresses(url),
                connect_timeout=3,
                allow_reconnect=False,
                error_cb=quiet,
                inbox_prefix=inbox,
                **tls_options(url, ca),
            ),
            CONNECT_SECONDS,
        )
    except BaseException:  # cancellation too: who is refused still holds a socket
        # After a failed handshake closing never ends by itself.
        with suppress(TimeoutError):
            await asyncio.wait_for(client.close(), CLOSE_SECONDS)
        raise
    return client


async def lets_anybody_in(url: str, ca: Path | None) -> bool:
    """Tell whether the server asks for no password."""
    bare = ",".join(
        urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        for parts in map(urlsplit, addresses(url))
    )
    try:
        client = await connect(bare, ca)
    except (TimeoutError, OSError, nats.errors.Error):
        return False
    await client.close()
    return True


async def certificate_days(url: str, ca: Path | None, now: datetime) -> float | None:
    """Return for how many days the servers' certificates are good, None without TLS or an answer."""
    context, ends = tls_context(url, ca), list[float]()
    for server in map(urlsplit, addresses(url) if context else ()):
        opening = asyncio.open_connection(server.hostname, server.port or NATS_PORT, ssl=context)
        try:
            _, writer = await asyncio.wait_for(opening, CONNECT_SECONDS)
        except (TimeoutError, OSError):
            continue
        ends.append(ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"]))
        writer.transport.abort()
    return (min(ends) - now.timestamp()) / DAY if ends else None


async def look_at_login(service: str, url: str, ca: Path | None) -> LoginFact:
    """Return what a service's login may do beyond its need, and what it lacks."""
    try:
        user = urlsplit(addresses(url)[0]).username
        client = await connect(url, ca, f"_INBOX_{service}")
    except (TimeoutError, OSError, nats.errors.Error, SettingsError) as error:
        return LoginFact(service, None, error=str(error) or type(error).__name__)
    except ValueError:
        # What it says could show the password that the address holds.
        return LoginFact(service, None, error="the address cannot be read")
    try:
        answer = json.loads((await client.request(OWN_RIGHTS, timeout=3)).data)["data"]
    except (TimeoutError, nats.errors.Error, ValueError, KeyError):
        # It may not even ask: narrower than ours, and its service tells what it lacks.
        return LoginFact(service, user)
    finally:
        await client.close()
    return compare(service, user, answer.get("permissions") or {})


def compare(service: str, user: str | None, permissions: Mapping[str, Any]) -> LoginFact:
    """Return what rights, as NATS tells them, have beyond the table's, and what they lack."""
    wanted = {login.name: login for login in LOGINS}[service]
    pairs = (("publish", wanted.publish), ("subscribe", wanted.subscribe))
    allowed = {verb: _allowed(permissions.get(verb) or {}) for verb, _ in pairs}
    return LoginFact(
        service,
        user,
        too_much=tuple(
            f"{verb} {subject}" for verb, need in pairs for subject in allowed[verb] if subject not in need
        ),
        lacking=tuple(
            f"{verb} {subject}"
            for verb, need in pairs
            for subject in need
            if not _covered(subject, allowed[verb])
        ),
    )


def _allowed(rules: Mapping[str, Any]) -> Sequence[str]:
    """Return what is allowed; what is denied besides only narrows it, and a login may lack it then."""
    allow, deny = rules.get("allow") or (), rules.get("deny") or ()
    return allow or (() if EVERYTHING in deny else (EVERYTHING,))


def _covered(need: str, allowed: Iterable[str]) -> bool:
    subject, _, queue = need.partition(" ")
    return any(
        _matches(subject, pattern) and other in ("", queue)
        for pattern, _, other in (rule.partition(" ") for rule in allowed)
    )


def _matches(subject: str, pattern: str) -> bool:
    ours, theirs = subject.split("."), pattern.split(".")
    for place, token in enumerate(theirs):
        if token == EVERYTHING:
            return len(ours) > place
        if place >= len(ours) or (token != "*" and token != ours[place]):  # noqa: S105 - a part of a subject
            return False
    return len(ours) == len(theirs)
