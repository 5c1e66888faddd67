"""Plain SQL migrations, `NNNN_what.sql`, applied in order, each in a transaction of its own.

Run under one advisory lock, so that any number of provisioning runs at once end in the same schema.
"""

import re
from importlib.resources import files

from runtime.postgres import AnyConnection, OwnConnection

LOCK = 0x646F6377
_NAME = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")


class MigrationError(Exception):
    """A migration file breaks the naming rule or differs from what was applied under its name."""


def migrations(package: str) -> list[tuple[str, str]]:
    """Return (name, SQL) of a package's migrations in order; raise MigrationError on a bad name."""
    found = sorted(
        (entry.name, entry.read_text("utf-8")) for entry in files(package).joinpath("migrations").iterdir()
    )
    for name, _ in found:
        if not _NAME.match(name):
            raise MigrationError(f"{package}: migration {name!r} is not named NNNN_what.sql")
    return found


async def migrate(connection: OwnConnection, schema: str, package: str) -> list[str]:
    """Bring a schema up to date as its owner; return the names of the migrations applied now.

    The connection's `search_path` is set to the schema for the transaction's length.
    """
    applied: list[str] = []
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await connection.execute("SELECT set_config('search_path', $1, true)", schema)
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, sql text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {
            row["name"]: row["sql"]
            for row in await connection.fetch("SELECT name, sql FROM schema_migration")
        }
        for name, sql in migrations(package):
            if name not in done:
                await connection.execute(sql)
                await connection.execute(
                    "INSERT INTO schema_migration (name, sql) VALUES ($1, $2)", name, sql
                )
                applied.append(name)
            elif done[name] != sql:
                raise MigrationError(
                    f"{schema}: migration {name} was applied with another text; write a new one"
                )
    return applied


async def pending(connection: AnyConnection, package: str) -> list[str]:
    """Return the migrations that the current schema lacks; all of them where it was never provisioned."""
    known = await connection.fetchval("SELECT to_regclass('schema_migration') IS NOT NULL")
    done = (
        {row["name"] for row in await connection.fetch("SELECT name FROM schema_migration")}
        if known
        else set()
    )
    return [name for name, _ in migrations(package) if name not in done]
