"""The services' schemas as one file of pg_dump, and back by pg_restore."""

import asyncio
import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cli.errors import CommandError
from contracts.services import SERVICES
from runtime.database import sql
from runtime.database.connect import connect
from runtime.embedded import EmbeddedError, binaries

SQL = sql.load("cli.moving", "database.sql")
SCHEMAS = [service.schema for service in SERVICES.values()]
_PLAIN = ("--no-owner", "--no-privileges")
"""Provisioning says who owns what and who may do what, in whichever installation."""


async def at_work(url: str) -> list[str]:
    """Return the roles of services that are connected."""
    connection = await connect(url, timeout=10)
    try:
        roles = [service.role for service in SERVICES.values()]
        return [row["usename"] for row in await connection.fetch(SQL["at_work"], roles)]
    finally:
        await connection.close()


async def dump(url: str, path: Path) -> None:
    """Write all schemas into a file, as they are at one instant."""
    schemas = [f"--schema={schema}" for schema in SCHEMAS]
    await _run("pg_dump", url, "--format=custom", *_PLAIN, *schemas, f"--file={path}")


async def provisioned(url: str) -> bool:
    """Tell whether there are all schemas."""
    connection = await connect(url, timeout=10)
    try:
        return bool(await connection.fetchval(SQL["provisioned"], SCHEMAS))
    finally:
        await connection.close()


async def refuse_where_used(url: str) -> None:
    """Raise CommandError where somebody has used this database."""
    connection = await connect(url, timeout=10)
    try:
        for row in await connection.fetch(SQL["signs_of_use"], SCHEMAS):
            if await connection.fetchval(
                await connection.fetchval(SQL["any_row"], row["schema"], row["name"])
            ):
                raise CommandError(
                    f"the database is in use: {row['schema']}.{row['name']} holds rows; load into a new one"
                )
    finally:
        await connection.close()


async def restore(url: str, path: Path) -> None:
    """Make all schemas from a file, in the place of empty ones."""
    connection = await connect(url, timeout=10)
    try:
        for schema in SCHEMAS:
            await connection.execute(await connection.fetchval(SQL["drop_schema"], schema))
    finally:
        await connection.close()
    await _run("pg_restore", url, *_PLAIN, "--single-transaction", str(path))
    connection = await connect(url, timeout=10)
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _run(name: str, url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on a database; its password is in the environment, where nobody looks."""
    address, password = _without_password(url)
    environment = {**os.environ, **({} if password is None else {"PGPASSWORD": password})}
    try:
        running = await asyncio.create_subprocess_exec(
            *(_program(name), f"--dbname={address}", *arguments),
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await running.communicate()
    except OSError as error:
        raise CommandError(f"{name} cannot be run: {error}") from None
    if running.returncode:
        raise CommandError(f"{name} failed: {said.decode(errors='replace').strip()[-1000:]}")


def _program(name: str) -> str:
    """Return where a program is: beside the embedded server, else on PATH."""
    try:
        return str(binaries.postgres(None) / name)
    except EmbeddedError:
        found = shutil.which(name)
    if found is None:
        raise CommandError(f"{name} is not installed: install PostgreSQL's client programs")
    return found


def _without_password(url: str) -> tuple[str, str | None]:
    """Return an address without its password, and the password."""
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    bare = parts._replace(netloc=f"{user}{at}{hosts}").geturl()
    return bare, unquote(password) if colon else None
