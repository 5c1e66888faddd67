"""A drop folder's files, taken by one watcher each; a newer file of the same name is a file of its own.

A watcher moves a file, by an atomic rename, into a folder of its own below `sending` before it reads it. As
long as it lives it holds a lock in that folder. The system releases the lock at the watcher's death, and then
whoever looks next goes on with what is there.
"""

import contextlib
import errno
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.publish.exports import bookmark_of

SENDING = "sending"
_LOCK = ".lock"
_LONGEST_NAME = 255
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})


class DropFolder:
    """A watcher's side of a folder; OSError where the folder is away or does not allow it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine = folder
        self._lock = -1

    def __enter__(self) -> Self:
        (self._folder / SENDING).mkdir(exist_ok=True)
        while self._lock < 0:
            self._mine = self._folder / SENDING / secrets.token_hex(6)
            self._mine.mkdir()
            # Another watcher may clear away the folder as long as it is empty and nobody's.
            with contextlib.suppress(FileNotFoundError, BlockingIOError):
                self._lock = _locked(self._mine / _LOCK, os.O_CREAT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            for claim in _files(self._mine):
                self.give_back(claim)
            _clear(self._mine)
        os.close(self._lock)
        self._lock = -1

    def take(self, path: Path) -> Path | None:
        """Take a file aside; None where another watcher was faster or an older one of its name waits here."""
        target = self._mine / path.name
        if target.exists():
            return None
        try:
            path.rename(target)
        except FileNotFoundError:
            self._mine.stat()
            return None
        _move_bookmark(path, target)
        return target

    def left_over(self) -> Iterator[Path]:
        """Yield what was taken before and is not through: by this watcher and by those that died."""
        yield from _files(self._mine)
        for place in sorted((self._folder / SENDING).iterdir()):
            if place == self._mine or not place.is_dir():
                continue
            try:
                lock = _locked(place / _LOCK)
            except BlockingIOError:
                continue
            except FileNotFoundError:
                _clear(place, ours=False)
                continue
            try:
                yield from _files(place)
                _clear(place)
            finally:
                os.close(lock)

    def give_back(self, claim: Path) -> bool:
        """Put a file back under its name; False where a newer one has come there, and then it stays."""
        try:
            os.link(claim, self._folder / claim.name, follow_symlinks=False)
        except OSError:
            return False
        claim.unlink()
        _move_bookmark(claim, self._folder / claim.name)
        return True

    def settle(self, claim: Path, where: str, report: dict[str, object]) -> Path:
        """Move a file to `done` or `failed`, with a report beside it; nothing there is replaced."""
        target = self._folder / where
        target.mkdir(exist_ok=True)
        text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
        for name in _names(claim.name):
            if (target / name).exists():
                continue
            # The report is made first and only once: it keeps the name free for the file.
            beside = target / f"{name}.report.json"
            try:
                with beside.open("x", encoding="utf-8", errors="backslashreplace") as file:
                    file.write(text)
            except FileExistsError:
                continue
            except OSError:
                beside.unlink(missing_ok=True)
                raise
            return claim.rename(target / name)
        raise AssertionError("names never end")


def _move_bookmark(export: Path, target: Path) -> None:
    with contextlib.suppress(OSError):
        bookmark_of(export).replace(bookmark_of(target))


def _names(name: str) -> Iterator[str]:
    """Yield a name and then others like it, all short enough for a report's name."""
    stem, dot, suffix = name.rpartition(".")
    room = _LONGEST_NAME - len(".report.json") - len(f".{time.time_ns()}.{suffix}")
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    yield f"{stem}{dot}{suffix}"
    while True:
        yield f"{stem}.{time.time_ns()}{dot}{suffix}"


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if not path.name.startswith("."))


def _clear(place: Path, *, ours: bool = True) -> None:
    """Remove a folder in which no file is left, with its bookmarks, and with its lock where that is ours."""
    with contextlib.suppress(OSError):
        if not _files(place):
            for path in place.iterdir():
                # Of a folder without a lock one may be made just now, and its watcher must not lose it.
                if ours or path.name != _LOCK:
                    path.unlink()
            place.rmdir()


def _locked(path: Path, flags: int = 0) -> int:
    """Open and lock a file; BlockingIOError where another holds it, FileNotFoundError where it is gone."""
    lock = os.open(path, os.O_RDWR | flags, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.stat()
    except OSError as error:
        # Where the file system has no locks two watchers may send the same file, which changes nothing.
        if error.errno not in _NO_LOCKS:
            os.close(lock)
            raise
    return lock
