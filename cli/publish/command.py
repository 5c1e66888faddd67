"""`docwatch publish FILE`: sends a back office's export to ingest and says what became of it."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.publish.batches import Finding, Report, publish_rows
from cli.publish.exports import Bookmark, ResumePoint, form_of, refuse_mangled
from cli.publish.ingest_client import IngestClient
from cli.publish.lines import Lines, known_encoding, opened
from cli.publish.mapping import ColumnMap, load_mapping
from cli.publish.rows import Form, Row, Tally, as_event, read_rows

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
class PublishOptions:
    """How files are read and sent; `patience` is how long (s) one request is repeated."""

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
        """What must be the same for the same file to hold the same events."""
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
        Form | None, typer.Option(help="What it is, where no name tells; else its first character does.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the file and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Publish stage events from a file; sending the same file again is safe, and goes on where it stopped."""
    console = Console(stderr=as_json)
    chosen = load_mapping(mapping)
    if dry_run:
        report = _dry_run(file, chosen, form, encoding or chosen.encoding, baseline=baseline, console=console)
    else:
        options = publish_options(
            url=url,
            key=key,
            batch=batch,
            patience=patience,
            mapping=chosen,
            encoding=encoding,
            baseline=baseline,
            form=form,
        )
        try:
            report = publish_file(None if file == "-" else Path(file), options, console)
        except OSError as error:
            raise CommandError(
                f"{file}: {error.strerror}; publish it again, what arrived is not doubled"
            ) from None
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(console, report)
    raise typer.Exit(0 if report.complete else 1)


def publish_options(
    *,
    url: str,
    key: str | None,
    batch: int,
    patience: float,
    mapping: ColumnMap,
    encoding: str | None,
    baseline: bool,
    form: Form | None = None,
) -> PublishOptions:
    """Return how to send; CommandError without a key, or for an encoding that does not exist."""
    if key is None:
        raise CommandError(
            "no API key: set DOCWATCH_API_KEY; make one with: docwatch keys create --publisher NAME"
        )
    read_as = known_encoding(encoding or mapping.encoding)
    return PublishOptions(url, key, batch, patience, mapping, read_as, baseline, form)


def publish_file(path: Path | None, options: PublishOptions, console: Console) -> Report:
    """Publish one file, or standard input, from where an interrupted run stopped; CommandError, OSError."""
    with _opened(path, options.encoding) as lines:
        form = options.form or form_of(path, lines)
        export = path if lines.regular else None
        bookmark = Bookmark(export, options.reading)
        if export is not None:
            refuse_mangled(export, form, options.mapping, options.encoding)
        size = export.stat().st_size if export is not None else None
        report = asyncio.run(_publish(lines, form, bookmark, options, console=console, size=size))
    if report.undelivered is None:
        bookmark.remove()
    if bookmark.lost is not None and path is not None:
        console.print(
            f"no bookmark was kept, for {bookmark.lost}; an interrupted run would begin anew", markup=False
        )
    return report


async def _publish(
    lines: Lines,
    form: Form,
    bookmark: Bookmark,
    options: PublishOptions,
    *,
    console: Console,
    size: int | None,
) -> Report:
    async with IngestClient(options.url, options.key, patience=options.patience) as client:
        start = bookmark.read(await client.publisher())
        report = Report(
            accepted=start.accepted,
            duplicates=start.duplicates,
            rejected_lines=start.rejected,
            resumed_after=start.line,
            line=start.line,
        )
        tally = Tally()
        with _bar(console, size) as bar:
            task = bar.task_ids[0]

            def progress(now: Report) -> None:
                known = (now.line, now.accepted, now.duplicates, now.rejected_lines)
                bookmark.write(ResumePoint(start.content, start.publisher, *known))
                done = lines.tell() if size is not None else None
                bar.update(task, completed=done, line=now.line, accepted=now.accepted)

            rows = read_rows(lines, form, options.mapping, encoding=lines.encoding.upper(), tally=tally)
            await publish_rows(
                rows, client, batch=options.batch, baseline=options.baseline, progress=progress, report=report
            )
        report.count(tally)
        return report


def _bar(console: Console, size: int | None) -> Progress:
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


@contextmanager
def _opened(path: Path | None, encoding: str | None) -> Iterator[Lines]:
    if path is None:
        known_encoding(encoding)
        try:
            lines = Lines(sys.stdin.buffer, encoding)
        except CommandError as error:
            raise CommandError(f"standard input {error}") from None
        yield lines
    else:
        with opened(path, encoding) as lines:
            yield lines


def _dry_run(
    file: str,
    mapping: ColumnMap,
    form: Form | None,
    encoding: str | None,
    *,
    baseline: bool,
    console: Console,
) -> Report:
    """Read everything, send nothing; show what the first event would be."""
    report, events, tally = Report(), 0, Tally()
    path = None if file == "-" else Path(file)
    with _opened(path, encoding) as lines:
        chosen = form or form_of(path, lines)
        for row in read_rows(lines, chosen, mapping, encoding=lines.encoding.upper(), tally=tally):
            if not isinstance(row, Row):
                report.note(row)
                continue
            if events == 0:
                console.print(
                    json.dumps(as_event(row, "?", baseline=baseline), ensure_ascii=False), markup=False
                )
            events += 1
    report.count(tally)
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
        f"rejected {report.rejected_lines}" + (f", blank {report.blank}" if report.blank else "")
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
    for finding in findings[:SHOWN]:
        table.add_row(
            *(Text(cell) for cell in (str(finding.line), finding.event_id, finding.field, finding.reason))
        )
    console.print(table)
    if len(findings) > SHOWN:
        console.print(f"... and {len(findings) - SHOWN} more; --json shows all")
