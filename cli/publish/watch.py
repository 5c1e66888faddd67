"""`docwatch watch DIR`: a drop folder, whose files are published and moved, with a report beside each."""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.errors import CommandError
from cli.publish.batches import Report
from cli.publish.command import (
    Baseline,
    Batch,
    Encoding,
    Key,
    MappingFile,
    Patience,
    PublishOptions,
    Url,
    publish_file,
    publish_options,
)
from cli.publish.drop_folder import DropFolder
from cli.publish.exports import FORMS
from cli.publish.ingest_client import RefusedError, UndeliveredError
from cli.publish.mapping import load_mapping

SETTLED_SECONDS = 2.0
NO_EXPORTS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".zip", ".gz", ".7z", ".rar"})
"""Files that a clerk may take for an export, which are named and moved to `failed`."""


def watch(
    folder: Annotated[Path, typer.Argument(help="The folder; sending/, done/ and failed/ are made in it.")],
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
    options = publish_options(
        url=url,
        key=key,
        batch=batch,
        patience=patience,
        mapping=load_mapping(mapping),
        encoding=encoding,
        baseline=baseline,
    )
    console = Console(stderr=True)
    watcher = _FolderWatcher(folder, options, console, settled=0.0 if once else SETTLED_SECONDS)
    while True:
        try:
            with DropFolder(folder) as drop:
                watcher.look(drop)
                while not once:
                    time.sleep(every)
                    watcher.look(drop)
        except OSError as error:
            # A share that is away for an hour comes back by itself.
            if once or not watcher.looked:
                raise CommandError(f"{folder}: {error.strerror or error}") from None
            watcher.say(folder.name, f"cannot be looked into now: {error.strerror or error}")
            time.sleep(every)
        else:
            return


class _FolderWatcher:
    """Looks into a folder again and again, and says what is new."""

    def __init__(self, folder: Path, options: PublishOptions, console: Console, *, settled: float) -> None:
        self._folder = folder
        self._options = options
        self._console = console
        self._settled = SettledFiles(settled)
        self._said: dict[str, str] = {}
        self.looked = False

    def look(self, drop: DropFolder) -> None:
        """Publish what others left and what has come; OSError where the folder is away, RefusedError."""
        self.looked = True
        for claim in drop.left_over():
            self.say(claim.name, publish_claim(drop, claim, self._options, self._console))
        for path in self._settled.among(exports_in(self._folder)):
            try:
                claimed = drop.take(path)
            except PermissionError as error:
                self.say(path.name, f"cannot be taken: {error.strerror}; let the watcher move it")
                continue
            if claimed is not None:
                self.say(path.name, publish_claim(drop, claimed, self._options, self._console))

    def say(self, name: str, what: str) -> None:
        """Print what became of a file, and what hinders one only once."""
        if self._said.get(name) != what or what in ("done", "failed"):
            self._console.print(f"{name}: {what}", markup=False)
        self._said[name] = what


def exports_in(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the exports of a folder by name, and what spreadsheets' owners take for exports."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in {*FORMS, *NO_EXPORTS} or path.name.startswith((".", "~")):
            continue
        with contextlib.suppress(FileNotFoundError):  # taken by another since
            if path.is_file():
                yield path, path.stat()


class SettledFiles:
    """Tells files that did not change for some seconds by this machine's clock.

    Their own times tell nothing: a copy keeps the original's, and a file server has a clock of its own.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Path, tuple[tuple[int, int, int], float]] = {}

    def among(self, files: Iterable[tuple[Path, os.stat_result]]) -> Sequence[Path]:
        """Return those of the files there now that are settled."""
        now = time.monotonic()
        before, self._since = self._since, {}
        for path, stat in files:
            state = _file_state(stat)
            known, since = before.get(path, (state, now))
            self._since[path] = (state, since if known == state else now)
        return [path for path, (_, since) in self._since.items() if now - since >= self._seconds]


def _file_state(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def publish_claim(drop: DropFolder, claim: Path, options: PublishOptions, console: Console) -> str:
    """Publish one file and move it; return what became of it. An undelivered one waits for the next look."""
    try:
        report = _published(claim, options, console)
    except RefusedError:
        # The key or the service is at fault, not the file.
        raise
    except UndeliveredError as error:
        return _wait(drop, claim, str(error))
    except CommandError as error:
        return _fail(drop, claim, str(error))
    except OSError as error:
        if not claim.parent.exists():
            raise
        return _wait(drop, claim, error.strerror or str(error))
    except Exception as error:  # noqa: BLE001 - no file may end the watcher, whatever it does to the reader
        console.print_exception()
        return _fail(drop, claim, f"cannot be read: {type(error).__name__}; tell the operator")
    where = "done" if report.complete else "failed"
    drop.settle(claim, where, report.as_json())
    return where


def _published(claim: Path, options: PublishOptions, console: Console) -> Report:
    """Publish a whole file; UndeliveredError where it is not through, CommandError, OSError."""
    if claim.suffix.lower() in NO_EXPORTS:
        raise CommandError("is a workbook or an archive, not CSV: open it and save it as CSV UTF-8")
    before = _file_state(claim.stat())
    report = publish_file(claim, options, console)
    if _file_state(claim.stat()) != before:
        raise UndeliveredError("it was written to while it was read")
    if report.undelivered is not None:
        raise UndeliveredError(report.undelivered.reason)
    return report


def _wait(drop: DropFolder, claim: Path, why: str) -> str:
    drop.give_back(claim)
    return f"waits: {why}"


def _fail(drop: DropFolder, claim: Path, why: str) -> str:
    drop.settle(claim, "failed", {"complete": False, "error": why})
    return "failed"
