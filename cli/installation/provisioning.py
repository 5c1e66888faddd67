"""The one step that writes: streams and consumers, schemas, roles and migrations.

Safe to run at any time and any number of times; services only look and refuse to start on drift.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from cli.installation import bus
from contracts.services import SERVICES, ServiceSpec
from contracts.streams import BUCKETS, CONSUMERS, STREAMS
from runtime.database import sql
from runtime.database.connect import connect
from runtime.database.migrations import LOCK, alone, migrate
from runtime.database.postgres import TRANSIENT, OwnConnection, refused_data
from runtime.messaging.provision import provision
from runtime.retry import backoff

SQL = sql.load("cli.installation", "provision.sql")
AVOIDED = ("enable_seqscan", "enable_mergejoin")
"""Settings of plans that read tables or indexes whole, however few rows there were when they were counted.

A connection keeps a plan, and by then the table may have a million rows.
"""
ATTEMPTS = 20
"""How often, within about a minute."""


def given_passwords(environment: Mapping[str, str]) -> dict[str, str]:
    """Return by service the password of its role, of those that an environment names."""
    named = {service: environment.get(f"DOCWATCH_{service.upper()}_PASSWORD") for service in SERVICES}
    return {service: password for service, password in named.items() if password}


async def provision_database(admin_url: str, passwords: Mapping[str, str]) -> dict[str, list[str]]:
    """Bring every schema and role up to date; return the migrations applied now by service.

    Where the database fails over meanwhile it is done again on the new primary, up to a minute: what was
    committed is found done. One that cannot be reached at first is an error at once.

    Args:
        admin_url: a connection that may create roles and schemas.
        passwords: a service's role gets the password given here; without one the role is made only if a
            password exists elsewhere, and left as it is.
    """
    applied = {name: list[str]() for name in SERVICES}
    reached, attempt = False, 0
    while True:
        attempt += 1
        try:
            connection = await connect(admin_url, timeout=10, command_timeout=60)
            reached = True
            try:
                async with alone(connection, LOCK + 1):
                    for name, service in SERVICES.items():
                        applied[name] += await _service(connection, service, passwords.get(name))
                return applied
            finally:
                await connection.close(timeout=5)
        except TRANSIENT as error:
            if not reached or attempt == ATTEMPTS or refused_data(error):
                raise
            await asyncio.sleep(backoff(attempt, first=0.5, cap=5.0))


async def _service(connection: OwnConnection, service: ServiceSpec, password: str | None) -> list[str]:
    async def run(name: str, *values: str) -> None:
        await connection.execute(await connection.fetchval(SQL[name], *values))

    if await connection.fetchval(SQL["role_missing"], service.role):
        await run("create_role", service.role)
    if password is not None:
        await run("set_password", service.role, password)
    for plan in AVOIDED:
        await run("avoid", service.role, plan)
    await run("create_schema", service.schema)
    applied = await migrate(connection, service.schema, service.package)
    for grant in ("grant_schema", "grant_tables", "grant_sequences"):
        await run(grant, service.schema, service.role)
    for row in await connection.fetch(SQL["append_only"], service.schema, service.role):
        await connection.execute(row["statement"])
    return applied


async def provision_streams(nats_url: str, *, ca: Path | None = None, replicas: int | None = None) -> None:
    """Create or update all streams, consumers and buckets; `ca` vouches for a server by TLS."""
    client = await bus.connect(nats_url, ca)
    try:
        await provision(client.jetstream(), STREAMS, CONSUMERS, BUCKETS, replicas=replicas)
    finally:
        await client.close()
