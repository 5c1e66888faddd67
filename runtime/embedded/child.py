"""One child process: started in its own session, ended with its parent, alone on its data.

The child inherits a locked file: the lock lasts until the last of its processes is gone, however they ended,
so a start right after a crash waits for the remains instead of running beside them. It gets a bare
environment and writes to a log file, whose tail belongs in every error about it.

The kernel signals the child when the *thread* that started it ends: start servers from the event loop of a
thread that lives as long as they shall, best the main one.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Self

from runtime.embedded.account import Account
from runtime.embedded.errors import EmbeddedError

_TRAMPOLINE = str(Path(__file__).with_name("trampoline.py"))
_POLL = 0.01
_LOG_LIMIT = 8 * 1024 * 1024
_TAIL_LINES = 12


class DataLock:
    """The right to run one server on a directory, kept by an open file that children inherit."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    @classmethod
    async def take(cls, path: Path, deadline: float) -> Self:
        """Wait up to `deadline` seconds for the lock; EmbeddedError names the process that keeps it."""
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb+")
        try:
            async with asyncio.timeout(deadline):
                while not _locked(file):  # noqa: ASYNC110 - a file lock sends no event
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            holder = file.read(32).decode("ascii", "replace").strip() or "unknown"
            file.close()
            raise EmbeddedError(f"{path.parent} is in use by another server (process {holder})") from None
        except BaseException:  # cancellation above all: the file must not stay open
            file.close()
            raise
        return cls(path, file)

    def name_holder(self, pid: int) -> None:
        """Note which process uses the data, for the error of the next who tries."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{pid}\n".encode())
        self._file.flush()

    def fileno(self) -> int:
        """Return the descriptor that a child must inherit to keep the lock."""
        return self._file.fileno()

    def close(self) -> None:
        """Let go of this copy; the lock lasts while a child has the file open."""
        self._file.close()


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Child:
    """A running child process and its log."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start

    @classmethod
    async def launch(
        cls,
        program: Sequence[str],
        *,
        log: Path,
        lock: DataLock,
        account: Account | None,
        death_signal: signal.Signals,
    ) -> Self:
        """Start the program (absolute path and arguments), as another account if one is given.

        `death_signal` is what the kernel sends the child when this process dies (Linux only).
        """
        who = (account.uid, account.gid) if account else (-1, -1)
        steps = [str(number) for number in (os.getpid(), int(death_signal), *who)]
        with _open_log(log) as output:
            start = output.tell()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", _TRAMPOLINE, *steps, *program),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                cwd="/",
                start_new_session=True,
                pass_fds=(lock.fileno(),),
            )
        lock.name_holder(process.pid)
        return cls(process, log, start)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code (negative: a signal), or None while the process runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for the end and return the exit code."""
        return await self._process.wait()

    async def end(self, polite: signal.Signals, deadline: float) -> int:
        """Send the polite signal and wait up to `deadline` seconds; kill after that or if cancelled."""
        try:
            self._send(polite)
            async with asyncio.timeout(deadline):
                return await self.wait()
        except TimeoutError:
            return await self.kill()
        except BaseException:  # cancellation above all: no process may be left
            self._kill_group()
            raise

    async def kill(self) -> int:
        """Send SIGKILL to the child and its group, wait for the end and return the exit code."""
        self._kill_group()
        return await self.wait()

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def _kill_group(self) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def log_tail(self) -> str:
        """Return the last lines which this process wrote, indented."""
        with self._log.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode("utf-8", "replace").splitlines()
        return "\n".join(f"  | {line}" for line in lines[-_TAIL_LINES:])

    def failure(self, what: str) -> EmbeddedError:
        """Return the error that says what failed and quotes the log."""
        return EmbeddedError(f"{what}; the end of {self._log}:\n{self.log_tail()}")


def _open_log(log: Path) -> BinaryIO:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(f"{log.name}.1"))
    file = os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")
    file.seek(0, os.SEEK_END)
    return file
