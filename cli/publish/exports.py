"""An export as a file: its form and encoding, and how far it was published before an interruption."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from cli.errors import CommandError
from cli.publish.rows import Form

FORMS: dict[str, Form] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_HEAD = 64 * 1024


@dataclass(frozen=True)
class Progress:
    """How far one content, read in one way, was published for one publisher: up to and with `line`."""

    content: str
    publisher: str
    line: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


class Bookmark:
    """The small file beside an export. Losing it costs time, never correctness.

    `reading` is how the export is read: a mark made under another mapping is not believed.
    """

    def __init__(self, path: Path, reading: str = "") -> None:
        self._path = path
        self._reading = reading
        self._file = path.with_name(f".{path.name}.progress")

    def read(self, publisher: str) -> Progress:
        """Return how far this very content was published, or its beginning."""
        start = Progress(_fingerprint(self._path, self._reading), publisher)
        try:
            found = Progress(**json.loads(self._file.read_text()))
        except (OSError, ValueError, TypeError):
            return start
        return found if (found.content, found.publisher) == (start.content, publisher) else start

    def write(self, progress: Progress) -> None:
        """Replace the file in one step."""
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        fresh.write_text(json.dumps(asdict(progress)))
        fresh.replace(self._file)

    def remove(self) -> None:
        """Forget it: the export is through."""
        self._file.unlink(missing_ok=True)


def form_of(path: Path) -> Form:
    """Return the form that a file's name tells; CommandError."""
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise CommandError(
            f"{path}: the name must end in .csv or .jsonl; else say --form csv or --form jsonl"
        )
    return form


@contextmanager
def opened(path: Path, encoding: str | None) -> Iterator[TextIO]:
    """Open an export; CommandError. A byte that the encoding does not know spoils its own line only."""
    try:
        lines = path.open(encoding=encoding or "utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except LookupError:
        raise CommandError(f"there is no encoding {encoding}; try cp1251 or utf-8-sig") from None
    with lines:
        yield lines


def _fingerprint(path: Path, reading: str) -> str:
    """Return what tells one content from another: when it was written, its size, its head and its tail."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        written = os.fstat(file.fileno()).st_mtime_ns
        file.seek(0)
        found = hashlib.sha256(f"{reading}\n{written}\n{size}\n".encode() + file.read(_HEAD))
        file.seek(max(0, size - _HEAD))
        found.update(file.read(_HEAD))
    return found.hexdigest()
