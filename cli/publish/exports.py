"""An export as a file: its form, whether its ids are whole, and how far it was published before."""

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.errors import CommandError
from cli.publish.lines import Lines, opened
from cli.publish.mapping import ColumnMap
from cli.publish.rows import Form, MangledRow, read_rows

FORMS: dict[str, Form] = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_HEAD = 64 * 1024
_PART = 1024 * 1024
_LONGEST_NAME = 255
_SHOWN = 5


@dataclass(frozen=True)
class ResumePoint:
    """How far one content, read in one way, was published for one publisher: up to and with `line`."""

    content: str
    publisher: str
    line: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


class Bookmark:
    """The small file beside an export. Losing it costs time, never correctness.

    `reading` is how the export is read: a mark made under another mapping is not believed. Where no mark can
    be written, or the export is a pipe (no `path`), `lost` says why and publishing goes on without one.
    """

    def __init__(self, path: Path | None, reading: str = "") -> None:
        self._path = path
        self._reading = reading
        self.lost: str | None = None if path else "it is no regular file"
        if path is not None:
            self._file = bookmark_of(path)

    def read(self, publisher: str) -> ResumePoint:
        """Return how far this very content was published, or its beginning."""
        if self._path is None:
            return ResumePoint("", publisher)
        start = ResumePoint(_fingerprint(self._path, self._reading), publisher)
        try:
            stored = ResumePoint(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return start
        return stored if (stored.content, stored.publisher) == (start.content, publisher) else start

    def write(self, progress: ResumePoint) -> None:
        """Replace the file in one step."""
        if self.lost is not None:
            return
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}"[-_LONGEST_NAME:])
        try:
            fresh.write_text(json.dumps(asdict(progress)), encoding="utf-8")
            fresh.replace(self._file)
        except OSError as error:
            self.lost = f"{self._file.parent} takes none: {error.strerror}"

    def remove(self) -> None:
        """Forget it: the export is through."""
        if self.lost is None:
            with contextlib.suppress(OSError):
                self._file.unlink()


def bookmark_of(path: Path) -> Path:
    """Return where the bookmark of an export lies."""
    name = f".{path.name}.progress"
    if len(os.fsencode(name)) > _LONGEST_NAME - len(".1234567890"):
        name = f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()}.progress"
    return path.with_name(name)


def form_of(path: Path | None, lines: Lines) -> Form:
    """Return the form that a file's name tells, or the first character where it has none; CommandError."""
    form = FORMS.get(path.suffix.lower()) if path is not None else None
    if form is None and (path is None or not lines.regular):
        form = "jsonl" if lines.begins_with() == "{" else "csv"
    if form is None:
        raise CommandError(
            f"{path}: the name must end in .csv or .jsonl; else say --form csv or --form jsonl"
        )
    return form


def refuse_mangled(path: Path, form: Form, mapping: ColumnMap, encoding: str | None) -> None:
    """Raise CommandError where a spreadsheet took the ids of a file for numbers and rounded them."""
    if not _may_be_mangled(path):
        return
    lines: list[int] = []
    many = 0
    with opened(path, encoding) as text:
        for row in read_rows(text, form, mapping, encoding=text.encoding.upper()):
            if isinstance(row, MangledRow):
                many += 1
                lines += [row.line] if many <= _SHOWN else []
    if many:
        more = f" and {many - _SHOWN} more" if many > _SHOWN else ""
        raise CommandError(
            "the ids are damaged: a spreadsheet turned them into rounded ones such as 2,02601E+11, in line "
            f"{', '.join(map(str, lines))}{more}; export them again as text. Nothing was sent"
        )


def _may_be_mangled(path: Path) -> bool:
    """Look through the bytes, many times faster than reading rows; UTF-16 has zeros between."""
    before = b""
    with path.open("rb") as file:
        while part := file.read(_PART):
            text = (before + part).replace(b"\0", b"") if b"\0" in part else before + part
            if b"E+" in text or b"e+" in text:
                return True
            before = part[-4:]
    return False


def _fingerprint(path: Path, reading: str) -> str:
    """Return what tells one content from another: when it was written, its size, its head and its tail."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        written = os.fstat(file.fileno()).st_mtime_ns
        file.seek(0)
        fingerprint = hashlib.sha256(f"{reading}\n{written}\n{size}\n".encode() + file.read(_HEAD))
        file.seek(max(0, size - _HEAD))
        fingerprint.update(file.read(_HEAD))
    return fingerprint.hexdigest()
