"""`docwatch publish FILE`: sends a back office's export to ingest and says what became of it."""

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.publish.batches import Finding, Report, publish_rows
from cli.publish.exports import Bookmark, form_of, opened
from cli.publish.exports import Progress as Place
from cli.publish.ingest_client import IngestClient
from cli.publish.mapping import ColumnMap, load_mapping
from cli.publish.rows import (
    Broken,
    Form,
    Ignored,
    Row,
    as_event,
    read_rows,
)

SHOWN = 200

Url = Annotated[str, typer.Option(envvar="DOCWATCH_INGEST_URL", help="Where ingest is.")]
Key = Annotated[
    str | None,
    typer.Option(envvar="DOCWATCH_API_KEY", show_envvar=True, help="The API key; better not typed here."),
]
Batch = Annotated[int, typer.Option(min=1, max=2000, help="Events in one request.")]
Patience = Annotated[float, typer.Option(min=0, help="Seconds for which an unanswered batch is sent again.")]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", help="A YAML file: which column of a CSV means what.")
]
Encoding = Annotated[str | None, typer.Option(help="The file's encoding, such as cp1251; else UTF-8.")]
Baseline = Annotated[bool, typer.Option("--baseline", help="Load history: nobody is told.")]


@dataclass(frozen=True)
class Sending:
    """How files are sent."""

    url: str
    key: str
    batch: int
    patience: float
    mapping: ColumnMap
    encoding: str | None
    baseline: bool
    form: Form | None = None

    @property
    def reading(self) -> str:
        """What makes the same file other events."""
        return f"{self.mapping.model_dump_json()} {self.encoding} {self.baseline} {self.form}"


def publish(
    file: Annotated[str, typer.Argument(help="A .csv or .jsonl file, or - for standard input.")],
    *,
    url: Url = "http://127.0.0.1:8080",
    key: Key = None,
    batch: Batch = 200,
    patience: Patience = 120.0,
    mapping: MappingFile = None,
    encoding: Encoding = None,
    baseline: Baseline = False,
    form: Annotated[
        Form | None, typer.Option(help="What it is, where no name tells; standard input is jsonl otherwise.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the file and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Publish stage events from a file; sending the same file again is safe, and goes on where it stopped."""
    console = Console(stderr=as_json)
    chosen = load_mapping(mapping)
    if dry_run:
        report = _dry(file, chosen, form, encoding or chosen.encoding, baseline=baseline, console=console)
    else:
        how = sending(
            url=url,
            key=key,
            batch=batch,
            patience=patience,
            mapping=chosen,
            encoding=encoding,
            baseline=baseline,
            form=form,
        )
        report = _stdin(how, console) if file == "-" else publish_file(Path(file), how, console)
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(console, report)
    raise typer.Exit(0 if report.complete else 1)


def sending(
    *,
    url: str,
    key: str | None,
    batch: int,
    patience: float,
    mapping: ColumnMap,
    encoding: str | None,
    baseline: bool,
    form: Form | None = None,
) -> Sending:
    """Return how to send; CommandError without a key."""
    if key is None:
        raise CommandError(
            "no API key: set DOCWATCH_API_KEY; make one with: docwatch keys create --publisher NAME"
        )
    return Sending(url, key, batch, patience, mapping, encoding or mapping.encoding, baseline, form)


def publish_file(path: Path, how: Sending, console: Console) -> Report:
    """Publish one file, from where an interrupted run stopped; CommandError."""
    form, mark = how.form or form_of(path), Bookmark(path, how.reading)
    size = path.stat().st_size if path.exists() else 0

    async def work(lines: TextIO) -> Report:
        async with IngestClient(how.url, how.key, patience=how.patience) as client:
            place = mark.read(await client.publisher())
            report = Report(
                accepted=place.accepted,
                duplicates=place.duplicates,
                rejected_lines=place.rejected,
                resumed_after=place.line,
                line=place.line,
            )
            with _bar(console, size) as bar:
                task = bar.task_ids[0]

                def progress(now: Report) -> None:
                    mark.write(
                        Place(
                            place.content,
                            place.publisher,
                            now.line,
                            now.accepted,
                            now.duplicates,
                            now.rejected_lines,
                        )
                    )
                    bar.update(task, completed=lines.buffer.tell(), line=now.line, accepted=now.accepted)

                rows = read_rows(lines, form, how.mapping)
                return await publish_rows(
                    rows, client, batch=how.batch, baseline=how.baseline, progress=progress, report=report
                )

    with opened(path, how.encoding) as lines:
        report = asyncio.run(work(lines))
    if report.undelivered is None:
        mark.remove()
    return report


def _bar(console: Console, size: int) -> Progress:
    bar = Progress(
        TextColumn("publishing"),
        BarColumn(),
        TextColumn("line {task.fields[line]}, {task.fields[accepted]} accepted"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    bar.add_task("", total=size, line=0, accepted=0)
    return bar


def _stdin(how: Sending, console: Console) -> Report:
    async def work() -> Report:
        with console.status("publishing"):
            async with IngestClient(how.url, how.key, patience=how.patience) as client:
                rows = read_rows(_standard_input(how.encoding), how.form or "jsonl", how.mapping)
                return await publish_rows(rows, client, batch=how.batch, baseline=how.baseline)

    return asyncio.run(work())


def _standard_input(encoding: str | None) -> Iterable[str]:
    sys.stdin.reconfigure(encoding=encoding or "utf-8-sig", errors="surrogateescape", newline="")  # type: ignore[union-attr] # stdin is a TextIOWrapper
    return sys.stdin


def _dry(
    file: str,
    mapping: ColumnMap,
    form: Form | None,
    encoding: str | None,
    *,
    baseline: bool,
    console: Console,
) -> Report:
    """Read everything, send nothing; show what the first event would be."""
    report, events = Report(), 0

    def look(lines: Iterable[str], form: Form) -> None:
        nonlocal events
        for row in read_rows(lines, form, mapping):
            match row:
                case Row():
                    if events == 0:
                        console.print(json.dumps(as_event(row, "?", baseline=baseline), ensure_ascii=False))
                    events += 1
                case Broken(line, reason):
                    report.refuse(Finding(line, "", "line", reason))
                case Ignored(column):
                    report.warn(Finding(1, "", column, "is not a known column and is ignored"))

    if file == "-":
        look(_standard_input(encoding), form or "jsonl")
    else:
        with opened(Path(file), encoding) as lines:
            look(lines, form or form_of(Path(file)))
    console.print(f"{events} events would be sent; ingest judges their fields")
    return report


def show(console: Console, report: Report) -> None:
    """Print a report for people."""
    _table(console, "warnings", "yellow", report.warnings)
    _table(console, "rejected", "red", report.rejected)
    if report.resumed_after:
        console.print(f"went on after line {report.resumed_after}, where an earlier run had stopped")
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
