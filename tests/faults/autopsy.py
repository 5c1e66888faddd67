"""What a failed round leaves to look at: logs, tables of the services, and what the phones show."""

import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg

from sandbox.clients.telegram import sandbox_client
from sandbox.clients.viber import viber_client
from tests.faults.harness import Harness
from tests.faults.phones import look_at

TABLES = {
    "notifier": ("delivery", "attempt", "lease", "channel_offset", "handled_update", "recipient", "address"),
    "tracker": ("event", "application", "notice", "set_aside", "subscription", "lease"),
    "ingest": ("lease",),
}


@asynccontextmanager
async def examined(harness: Harness, into: Path | None) -> AsyncIterator[None]:
    """Where the block fails, copy into a directory what could say why; None copies nothing."""
    try:
        yield
    except BaseException:
        if into is not None:
            await _copy(harness, into)
        raise


async def _copy(harness: Harness, into: Path) -> None:
    shutil.copytree(harness.settings.folder / "logs", into / "logs", dirs_exist_ok=True)
    running = harness.running
    assert running.addresses.phone is not None
    url = running.addresses.phone
    async with sandbox_client(url) as telegram, viber_client(url) as viber:
        calls, others, callbacks = await telegram.calls(), await viber.calls(), await viber.callbacks()
    _write(into / "phones.json", (await look_at(url)).messages)
    _write(into / "calls.json", [*calls, *others])
    _write(into / "callbacks.json", callbacks)
    # What is broken is just what may not answer.
    with suppress(OSError, asyncpg.PostgresError):
        await _copy_tables(running.servers.admin, into)


async def _copy_tables(admin: str, into: Path) -> None:
    connection = await asyncpg.connect(admin)
    try:
        for schema, tables in TABLES.items():
            for table in tables:
                output = into / f"{schema}.{table}.csv"
                await connection.copy_from_table(
                    table, schema_name=schema, output=output, format="csv", header=True
                )
    finally:
        await connection.close()


def _write(path: Path, rows: Sequence[object]) -> None:
    path.write_text("\n".join(json.dumps(row, default=str) for row in rows), "utf-8")
