"""Ingest as a process of its own, with a whole export published to it by the command line."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import typer
from nats.aio.client import Client
from typer.testing import CliRunner, Result

from cli.errors import CommandError
from cli.publish.command import publish
from contracts.messages.ids import ApplicationKey
from contracts.messages.stage import STAGE_EVENT
from runtime.database.postgres import Pool
from tests.conftest import Databases
from tests.integration.ingest.conftest import Bench, stored

DEADLINE = 30
NUMBERS = ("AB-123456789", "ІВ\u2011987654321", "1234567890")
HEADER = "event_id,application_number,document_type,stage,occurred_at,office,sequence,missing,comment\r\n"
ROWS = (
    f"e-1,{NUMBERS[0]},id_card,accepted,2026-01-05T09:00:00+02:00,kyiv-1,1,,\r\n"
    f"e-2,{NUMBERS[1]},id_card,correction_needed,2026-01-06T09:00:00+02:00,,2,photograph|fee_receipt,\r\n"
    f"e-3,{NUMBERS[2]}99,id_card,accepted,2026-01-06T09:00:00+02:00,,,,\r\n"
    f"e-4,{NUMBERS[2]},id_card,accepted,2026-01-06,,two,,\r\n"
    f"e-5,{NUMBERS[2]},id_card,accepted,2026-01-06T09:00:00Z,,,,,too many cells\r\n"
    f"e-6,{NUMBERS[2]},id_card,teleported,2026-01-06T09:00:00Z,,,,said by hand\r\n"
    f"e-1,{NUMBERS[0]},id_card,accepted,2026-01-05T09:00:00+02:00,kyiv-1,1,,\r\n"
)


@dataclass
class Running:
    """A process of ingest: its ports and every line that it wrote."""

    process: Process
    port: int = 0
    ops_port: int = 0
    listening: asyncio.Event = field(default_factory=asyncio.Event)
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ops(self) -> str:
        """Where operators are answered."""
        return f"http://127.0.0.1:{self.ops_port}"


def environment(**values: str) -> dict[str, str]:
    """This process's environment without its own docwatch settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCWATCH_")}
    return {**kept, **{f"DOCWATCH_{name}": value for name, value in values.items()}}


async def read(running: Running) -> None:
    """Collect lines; the one that says where the service listens gives the port."""
    assert running.process.stdout is not None
    async for line in running.process.stdout:
        running.lines.append(line.decode())
        with suppress(ValueError):
            said = json.loads(line)
            running.port = running.port or said.get("ports", {}).get("ingest", 0)
            running.ops_port = running.ops_port or said.get("ops_port", 0)
        if running.port:
            running.listening.set()
    running.listening.set()


@asynccontextmanager
async def started(settings: dict[str, str], folder: Path) -> AsyncIterator[Running]:
    """Run ingest until the block ends, then stop it as an operator would."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ingest"),
        stdout=PIPE,
        stderr=STDOUT,
        env={**environment(**settings), "PYTHONPATH": str(Path.cwd())},
        cwd=folder,
    )
    running = Running(process)
    reading = asyncio.create_task(read(running))
    try:
        async with asyncio.timeout(DEADLINE):
            await running.listening.wait()
        assert running.port, running.lines
        yield running
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE):
            await process.wait()
            await reading


@pytest.fixture
def settings(databases: Databases, nats_url: str) -> dict[str, str]:
    """What a process must be told."""
    return {
        "NATS_URL": nats_url,
        "DATABASE_URL": databases.url("ingest"),
        "CATALOGUE": str(Path.cwd() / "sandbox" / "agency" / "catalogue"),
        "PEPPER": "ab" * 32,
        "RECEIPT_KEY": "cd" * 32,
        "INGEST_PORT": "0",
        "INGEST_OPS_PORT": "0",
        "LOG_LEVEL": "DEBUG",
    }


async def publishing(*arguments: str, key: str) -> Result:
    """Run the command in a thread, where it may have an event loop of its own."""
    app = typer.Typer()
    app.command()(publish)
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env={"DOCWATCH_API_KEY": key})


async def test_an_export_is_published_and_no_number_is_seen_anywhere(
    *, settings: dict[str, str], tmp_path: Path, bench: Bench, pool: Pool, nats_client: Client
) -> None:
    """Each line has its fate; streams, tables and logs hold no number, no key and no secret."""
    key, export = bench.key, tmp_path / "export.csv"
    export.write_bytes(b"\xef\xbb\xbf" + (HEADER + ROWS).encode())

    async with started(settings, tmp_path) as ingest:
        published = await publishing(str(export), "--url", ingest.url, "--batch", "3", "--json", key=key)
        await post(ingest.url, key, "/v1/receipts", {"receipt_id": "r", "application_number": NUMBERS[0]})
        await post(ingest.url, key, "/v1/events", {"id": NUMBERS[2], "data": {"stage": NUMBERS[2]}})

    report = json.loads(published.stdout)
    assert (1, 3, 1, 3) == (
        published.exit_code,
        report["accepted"],
        report["duplicates"],
        report["rejected_lines"],
    )
    assert {(4, "application_number"), (5, "occurred_at"), (5, "sequence"), (6, "line")} == {
        (one["line"], one["field"]) for one in report["rejected"]
    }
    assert [(1, "comment"), (7, "stage")] == [(one["line"], one["field"]) for one in report["warnings"]]
    events = [STAGE_EVENT.validate_json(body) for body in await stored(nats_client)]
    assert ["e-1", "e-2", "e-6"] == [event.event_id for event in events]
    assert 3 == len({ApplicationKey(event.application_key) for event in events})
    kept = ("SELECT t::text FROM api_key t", "SELECT t::text FROM receipt t")
    tables = [str(await pool.fetch(statement)) for statement in kept]
    seen = "\n".join([*ingest.lines, *tables, *(body.decode() for body in await stored(nats_client))])
    assert 0 == ingest.process.returncode, ingest.lines
    for secret in ("123456789", "987654321", key[3:], "ab" * 32, "cd" * 32):
        assert secret not in seen


async def post(url: str, key: str, path: str, body: dict[str, object]) -> None:
    """Send something that is refused or unanswered, as back offices also do."""
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as client,
        client.post(url + path, json=body) as answer,
    ):
        assert answer.status in (422, 503)


async def test_a_file_that_cannot_be_delivered_says_why(tmp_path: Path) -> None:
    """Without ingest the command ends with a sentence that names the address, not with a trace."""
    export = tmp_path / "export.jsonl"
    export.write_text('{"event_id":"e-1"}\n')

    result = await publishing(str(export), "--url", "http://127.0.0.1:9", "--patience", "0", key="dw_x")

    assert isinstance(result.exception, CommandError)
    assert "127.0.0.1:9/v1/key" in str(result.exception)


async def test_a_process_that_lacks_its_keys_does_not_start(settings: dict[str, str], tmp_path: Path) -> None:
    """A weak pepper is refused at the start, by name and without its value."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ingest"),
        stdout=PIPE,
        stderr=STDOUT,
        env={**environment(**{**settings, "PEPPER": "beef"}), "PYTHONPATH": str(Path.cwd())},
        cwd=tmp_path,
    )

    async with asyncio.timeout(DEADLINE):
        printed, _ = await process.communicate()

    assert 2 == process.returncode
    assert b"DOCWATCH_PEPPER" in printed
    assert b"beef" not in printed
