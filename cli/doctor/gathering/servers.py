"""Gathers what the doctor must know of NATS and PostgreSQL; asks only, changes nothing."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.client import JetStreamContext

from cli.doctor.facts import DatabaseFact, NatsFact, SchemaFact, StreamFact
from cli.doctor.gathering.database_sessions import POOLED, hears, keeps_settings, session, takes_any_host
from cli.doctor.gathering.logins import certificate_days, connect, is_remote, lets_anybody_in, look_at_login
from cli.doctor.people import look_at_files, look_at_people
from contracts.services import INGEST, NOTIFIER, SERVICES, TRACKER
from contracts.streams import BUCKETS, CONSUMERS, STREAMS
from runtime.database import sql
from runtime.database.connect import each_host
from runtime.database.migrations import migrations
from runtime.database.postgres import UNUSABLE, OwnConnection
from runtime.errors import SettingsError
from runtime.messaging.jetstream import addresses
from runtime.messaging.provision import drift
from runtime.messaging.tls import tls_context

SQL = sql.load("cli.doctor")
Now = Callable[[], datetime]


async def look_at_nats(
    url: str, monitor: str | None, ca: Path | None, logins: Mapping[str, str], now: Now
) -> NatsFact:
    """Return what NATS says of itself, of the streams and of the services' logins, by their addresses."""
    try:
        client = await connect(url, ca)
    except (TimeoutError, OSError, nats.errors.Error, ValueError, SettingsError) as error:
        return NatsFact(error=_said(error))
    try:
        fact = await _streams(client, await _syncs(monitor))
    finally:
        await client.close()
    looks = await asyncio.gather(*(look_at_login(name, one, ca) for name, one in logins.items()))
    return replace(
        fact,
        remote=is_remote(url),
        encrypted=tls_context(url, ca) is not None,
        certificate_days=await certificate_days(url, ca, now()),
        anonymous=await lets_anybody_in(url, ca),
        user=urlsplit(addresses(url)[0]).username,
        logins=tuple(looks),
    )


async def _streams(client: Client, sync_always: bool | None) -> NatsFact:  # noqa: FBT001 - a fact passed on
    server = client.connected_server_version
    version = (server.major, server.minor, server.patch)
    clustered = bool(client._server_info.get("cluster"))  # noqa: SLF001 - the client has no public name for it
    js = client.jetstream(timeout=3)
    try:
        await js.account_info()
        differences = await drift(js, STREAMS, CONSUMERS, BUCKETS)
        names = [*(stream.name for stream in STREAMS), *(bucket.stream for bucket in BUCKETS)]
        streams = [stream for name in names if (stream := await _stream(js, name)) is not None]
    except (TimeoutError, nats.errors.Error, nats.js.errors.Error) as error:
        return NatsFact(version=version, jetstream_error=_said(error), clustered=clustered)
    return NatsFact(
        version=version,
        clustered=clustered,
        drift=tuple(differences),
        streams=tuple(streams),
        sync_always=sync_always,
    )


async def _stream(js: JetStreamContext, name: str) -> StreamFact | None:
    try:
        info = await js.stream_info(name)
    except nats.js.errors.NotFoundError:
        return None
    peers = (info.cluster.replicas if info.cluster else None) or []
    return StreamFact(
        name=name,
        bytes=info.state.bytes,
        max_bytes=info.config.max_bytes or -1,
        messages=info.state.messages,
        replicas=info.config.num_replicas or 1,
        lagging=sum(1 for peer in peers if peer.offline or not peer.current),
    )


async def _syncs(monitor: str | None) -> bool | None:
    if monitor is None:
        return None
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(3)) as client,
            client.get(f"{monitor}/varz") as response,
        ):
            config = (await response.json()).get("jetstream", {}).get("config", {})
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return bool(config.get("sync_always", False))


async def look_at_database(url: str, schemas: Sequence[str] | None, now: Now) -> DatabaseFact:
    """Return what one login sees; without `schemas` those that its own name says, all for any other login."""
    unknown = DatabaseFact(login=schemas[0] if schemas else "this login", hosts=len(each_host(url)))
    try:
        async with session(url) as connection:
            if not await keeps_settings(connection):
                return replace(unknown, error="search_path is ignored", pooler=True)
            fact = await _database(connection, schemas, now)
            # A standby takes no LISTEN at all, and is told as such.
            deaf = not fact.standby and not await hears(url, connection)
    except ValueError:
        # What it says could show the password that the address holds.
        return replace(unknown, error="the address cannot be read")
    except POOLED as error:
        return replace(unknown, error=_said(error), pooler=True)
    except asyncpg.TargetServerAttributeNotMatched as error:
        return replace(unknown, error=_said(error), no_primary=True)
    except UNUSABLE as error:
        return replace(unknown, error=_said(error))
    return replace(fact, hosts=unknown.hosts, any_host=takes_any_host(url), deaf=deaf)


async def _database(connection: OwnConnection, schemas: Sequence[str] | None, now: Now) -> DatabaseFact:
    await connection.fetchval("SELECT 1")
    before = time.monotonic()
    asked = now()
    about = await connection.fetchrow(SQL["about"])
    took = time.monotonic() - before
    if about is None:
        raise asyncpg.InterfaceError("the server answered with no row")
    wanted = (
        schemas
        or [name for name, service in SERVICES.items() if service.role == about["login"]]
        or list(SERVICES)
    )
    sealed: tuple[str, ...] = ()
    if await connection.fetchval(SQL["readable"], NOTIFIER.schema, "address"):
        sealed = tuple(row["key_id"] for row in await connection.fetch(SQL["sealed_under"]))
    endless: tuple[str, ...] = ()
    if await connection.fetchval(SQL["readable"], INGEST.schema, "api_key"):
        endless = tuple(row["publisher"] for row in await connection.fetch(SQL["endless_keys"]))
    aside: dict[str, int] = {}
    if await connection.fetchval(SQL["readable"], TRACKER.schema, "set_aside"):
        # A schema that is older is found as such.
        with suppress(asyncpg.UndefinedColumnError):
            aside = {row["effect"]: row["messages"] for row in await connection.fetch(SQL["set_aside"])}
    shared: tuple[tuple[str, str, int], ...] = ()
    if await connection.fetchval(SQL["readable"], TRACKER.schema, "publisher_grant"):
        rows = await connection.fetch(SQL["shared_by_history"])
        shared = tuple((row["owner"], row["publisher"], row["applications"]) for row in rows)
    middle = asked.astimezone(UTC).timestamp() + took / 2
    return DatabaseFact(
        login=about["login"],
        version=about["version"],
        settings={row["name"]: row["setting"] for row in await connection.fetch(SQL["settings"])},
        remote=about["remote"],
        encrypted=about["encrypted"],
        superuser=about["superuser"],
        endless_keys=endless,
        set_aside=aside,
        shared_by_history=shared,
        standby=about["standby"],
        connections=about["connections"],
        schemas={name: await _schema(connection, name) for name in wanted},
        sealed_under=sealed,
        people=await look_at_people(connection),
        file_bytes=await look_at_files(connection),
        clock_ahead=about["now"].timestamp() - middle,
        round_trip=took,
    )


async def _schema(connection: OwnConnection, name: str) -> SchemaFact:
    if not await connection.fetchval(SQL["schema_exists"], name):
        return SchemaFact(missing=True)
    await connection.execute("SELECT set_config('search_path', $1, false)", name)
    wanted = [migration for migration, _ in migrations(SERVICES[name].package)]
    if not await connection.fetchval(SQL["readable"], name, "schema_migration"):
        return SchemaFact(pending=tuple(wanted))
    applied = [row["name"] for row in await connection.fetch(SQL["applied"])]
    return SchemaFact(
        pending=tuple(migration for migration in wanted if migration not in applied),
        foreign=tuple(migration for migration in applied if migration not in wanted),
        denied=tuple(row["tablename"] for row in await connection.fetch(SQL["denied"], name)),
    )


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
