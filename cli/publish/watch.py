"""`docwatch watch DIR`: a drop folder, whose files are published and moved, with a report beside each."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.errors import CommandError
from cli.publish.command import (
    Baseline,
    Batch,
    Encoding,
    Key,
    MappingFile,
    Patience,
    Sending,
    Url,
    publish_file,
    sending,
)
from cli.publish.exports import FORMS
from cli.publish.ingest_client import RefusedError, UndeliveredError
from cli.publish.mapping import load_mapping

SETTLED_SECONDS = 2.0


def watch(
    folder: Annotated[Path, typer.Argument(help="The folder; done/ and failed/ are made in it.")],
    *,
    url: Url = "http://127.0.0.1:8080",
    key: Key = None,
    batch: Batch = 200,
    patience: Patience = 120.0,
    mapping: MappingFile = None,
    encoding: Encoding = None,
    baseline: Baseline = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Publish what is there and end.")] = False,
) -> None:
    """Publish every .csv and .jsonl file that is put into a folder, until Ctrl-C."""
    if not folder.is_dir():
        raise CommandError(f"{folder}: is no folder")
    how = sending(
        url=url,
        key=key,
        batch=batch,
        patience=patience,
        mapping=load_mapping(mapping),
        encoding=encoding,
        baseline=baseline,
    )
    console = Console(stderr=True)
    while True:
        for path in waiting(folder, settled=0.0 if once else SETTLED_SECONDS):
            console.print(f"{path.name}: {take(path, how, console)}", markup=False)
        if once:
            return
        time.sleep(every)


def waiting(folder: Path, *, settled: float) -> list[Path]:
    """Return the exports of a folder by name that nobody has written to for `settled` seconds."""
    before = time.time() - settled
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in FORMS
        and not path.name.startswith(".")
        and path.is_file()
        and path.stat().st_mtime <= before
    )


def take(path: Path, how: Sending, console: Console) -> str:
    """Publish one file and move it; return what became of it. An undelivered one stays for the next look."""
    try:
        report = publish_file(path, how, console)
    except UndeliveredError as error:
        return f"waits: {error}"
    except RefusedError:
        # The key or the service is at fault, not the file.
        raise
    except CommandError as error:
        return _moved(path, "failed", {"complete": False, "error": str(error)})
    if report.undelivered is not None:
        return f"waits: {report.undelivered.reason}"
    return _moved(path, "done" if report.complete else "failed", report.as_json())


def _moved(path: Path, where: str, report: dict[str, object]) -> str:
    target = path.parent / where
    target.mkdir(exist_ok=True)
    name = path.name
    if (target / name).exists():
        name = f"{path.stem}.{time.time_ns()}{path.suffix}"
    (target / f"{name}.report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    path.rename(target / name)
    return where
