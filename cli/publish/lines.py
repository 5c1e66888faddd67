"""Physical lines of a file for whose encoding, length and ends nobody vouches."""

import codecs
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cli.errors import CommandError

MOST_LINE = 1024 * 1024
"""How many characters of a line are kept; a longer one is cut here and is no event."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins alike
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = {
    b"PK\x03\x04": "a workbook (.xlsx, .ods) or a zip archive",
    b"\xd0\xcf\x11\xe0": "an Excel workbook (.xls)",
    b"\x1f\x8b": "compressed by gzip",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"%PDF": "a PDF",
    b"<": "HTML or XML",
}
_ERRORS = "docwatch.undecodable"


def _undecodable(error: UnicodeError) -> tuple[str, int]:
    # A lone surrogate is no text in any encoding, so the line is found out; other handlers know few codecs.
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_ERRORS, _undecodable)


class Lines:
    """The lines of an open file with their ends, each of at most `MOST_LINE` characters and its end.

    `encoding` is the one they are read in: a byte order mark goes before `asked`, which goes before UTF-8.
    `regular` tells a file from a pipe. Iterating raises CommandError for an encoding that cannot go on,
    and OSError.
    """

    def __init__(self, raw: BinaryIO, asked: str | None) -> None:
        self._raw = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(_Raw(raw))
        head = self._raw.peek(4)
        self.empty = not head
        for magic, what in _NO_TEXT.items():
            if head.lstrip().startswith(magic):
                raise CommandError(f"is {what}, not CSV: open it and save it as CSV UTF-8, or export it so")
        self.encoding = asked or "utf-8"
        for mark, encoding in _BYTE_ORDER_MARKS:
            if head.startswith(mark):
                self._raw.read(len(mark))
                self.encoding = encoding
                break
        else:
            self.encoding = _wide(head[:4]) or self.encoding
        self._text = io.TextIOWrapper(self._raw, self.encoding, errors=_ERRORS, newline="")

    def __iter__(self) -> Iterator[str]:
        read = self._text.readline
        try:
            while line := read(MOST_LINE + 2):
                yield line
                while len(line) > MOST_LINE and not line.endswith(("\n", "\r")):
                    line = read(MOST_LINE)
        except UnicodeError as error:
            raise CommandError(f"cannot be read as {self.encoding}: {error}") from None

    def tell(self) -> int:
        """Return how many bytes were read; of a regular file only."""
        return self._raw.tell()

    def begins_with(self) -> str:
        """Return the first character that is no space, or nothing; nothing is consumed."""
        head = self._raw.peek(64).decode(self.encoding, "replace").lstrip()
        return head[:1]

    @property
    def regular(self) -> bool:
        """Whether it is a file that can be read again, not a pipe."""
        try:
            return stat.S_ISREG(os.fstat(self._raw.fileno()).st_mode)
        except (OSError, io.UnsupportedOperation):
            return False

    def close(self) -> None:
        """Close the file."""
        self._text.close()


class _Raw(io.RawIOBase):
    """Bytes that come from any reader, so that they can be peeked at."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override] # any buffer
        found = self._source.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _wide(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32 where the first characters are ASCII in it, which no mark says."""
    zeros = "".join("0" if byte == 0 else "x" for byte in head)
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be", "x000": "utf-32-le", "000x": "utf-32-be"}.get(zeros)


def known_encoding(name: str | None) -> str | None:
    """Return the name of an encoding that can read lines; CommandError."""
    if name is None:
        return None
    probe = "a;b\n"
    try:
        encoded = io.BytesIO(probe.encode(name))
        read = io.TextIOWrapper(encoded, name, errors=_ERRORS, newline="").read()
    except (LookupError, ValueError):  # UnicodeError is a ValueError
        read = ""
    if read != probe:
        raise CommandError(f"there is no encoding {name}; try cp1251 or utf-8")
    return name


@contextmanager
def opened(path: Path, encoding: str | None) -> Iterator[Lines]:
    """Open a file; CommandError. A byte that the encoding does not know spoils its own line only."""
    known_encoding(encoding)
    try:
        raw = path.open("rb")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    with raw:
        try:
            lines = Lines(raw, encoding)
        except CommandError as error:
            raise CommandError(f"{path}: {error}") from None
        yield lines
