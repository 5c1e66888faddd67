"""`docwatch publish FILE`: sends a back office's export to ingest and says what became of it."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.ingest_client import IngestClient
from cli.publishing import Finding, Report, publish_rows
from cli.rows import Form, read_rows

SHOWN = 200


def publish(
    file: Annotated[str, typer.Argument(help="A .csv or .jsonl file, or - for JSON lines from stdin.")],
    *,
    url: Annotated[
        str, typer.Option(envvar="DOCWATCH_INGEST_URL", help="Where ingest is.")
    ] = "http://127.0.0.1:8080",
    key: Annotated[
        str | None,
        typer.Option(envvar="DOCWATCH_API_KEY", show_envvar=True, help="The API key; better not typed here."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=2000, help="Events in one request.")] = 200,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds for which an unanswered batch is sent again.")
    ] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Publish stage events from a file; sending the same file again is safe."""
    if key is None:
        raise CommandError(
            "no API key: set DOCWATCH_API_KEY; make one with: docwatch keys create --publisher NAME"
        )
    console = Console(stderr=as_json)

    async def work(lines: TextIO, form: Form) -> Report:
        with console.status("publishing") as status:
            async with IngestClient(url, key, patience=patience) as client:
                return await publish_rows(
                    read_rows(lines, form),
                    client,
                    batch=batch,
                    progress=lambda report: status.update(
                        f"publishing: {report.accepted} accepted, {report.duplicates} duplicates"
                    ),
                )

    with _opened(file) as (lines, form):
        report = asyncio.run(work(lines, form))
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        _show(console, report)
    raise typer.Exit(0 if report.complete else 1)


@contextlib.contextmanager
def _opened(file: str) -> Iterator[tuple[TextIO, Form]]:
    if file == "-":
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")  # type: ignore[union-attr] # stdin is a TextIOWrapper
        yield sys.stdin, "jsonl"
        return
    path = Path(file)
    form: Form | None = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}.get(path.suffix.lower())  # type: ignore[assignment] # the literals are lost in the dict
    if form is None:
        raise CommandError(f"{path}: the name must end in .csv or .jsonl")
    try:
        lines = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    with lines:
        yield lines, form


def _show(console: Console, report: Report) -> None:
    _table(console, "warnings", "yellow", report.warnings)
    _table(console, "rejected", "red", report.rejected)
    console.print(
        f"accepted {report.accepted}, duplicates {report.duplicates}, warnings {len(report.warnings)}, "
        f"rejected {report.rejected_lines}"
    )
    if report.undelivered is not None:
        console.print(
            f"[bold red]not delivered from line {report.undelivered.line} on:[/] "
            f"{escape(report.undelivered.reason)}\nsend the same file again; what arrived is not doubled",
            soft_wrap=True,
        )


def _table(console: Console, title: str, style: str, findings: list[Finding]) -> None:
    if not findings:
        return
    table = Table("line", "event", "field", "reason", title=title, title_style=f"bold {style}")
    for one in findings[:SHOWN]:
        table.add_row(*(Text(cell) for cell in (str(one.line), one.event_id, one.field, one.reason)))
    console.print(table)
    if len(findings) > SHOWN:
        console.print(f"... and {len(findings) - SHOWN} more; --json shows all")
