"""Foreign pictures, read in a process that can be killed: one is kept warm, another comes where it died.

The process gets no environment and no open file of ours; what it may use is bounded by itself (`decoder.py`),
how long it may take is bounded here.
"""

import asyncio
import contextlib
import json
import os
import signal
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path

from runtime.logs import logger

LOG = logger(__name__)
_PROGRAM = Path(__file__).with_name("decoder.py")
_LENGTH = struct.Struct(">I")
_LONGEST_ANSWER = 1024 * 1024
_READS = 200
"""So many pictures a process reads before another takes its place: decoders leak now and then."""


class ReaderKilledError(Exception):
    """The process that read a picture died over it, or had to be killed."""


@dataclass
class PhotoReader:
    """Reads one picture at a time; one may take `seconds`, the start of a process included."""

    seconds: float = 8.0
    _process: Process | None = None
    _read: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def codes_in(self, picture: bytes) -> tuple[str, ...] | None:
        """Return what a picture's QR codes say, None where it cannot be read; raise ReaderKilledError."""
        async with self._turn:
            done = False
            try:
                async with asyncio.timeout(self.seconds):
                    codes = await self._ask(await self._ready(), picture)
                done = True
            except (TimeoutError, OSError, EOFError, ValueError) as error:
                raise ReaderKilledError(type(error).__name__) from None
            finally:
                # Also where we are cancelled: the answer that nobody took would be the next picture's.
                if not done:
                    await self._end()
            return codes

    async def aclose(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    async def _ready(self) -> Process:
        if self._read >= _READS or (self._process is not None and self._process.returncode is not None):
            await self._end()
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-B",
                str(_PROGRAM),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        self._read += 1
        return self._process

    @staticmethod
    async def _ask(process: Process, picture: bytes) -> tuple[str, ...] | None:
        assert process.stdin is not None  # noqa: S101 - both are pipes, which the types do not know
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(_LENGTH.pack(len(picture)) + picture)
        await process.stdin.drain()
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        if length > _LONGEST_ANSWER:
            raise ValueError("an answer longer than any")
        answer = json.loads(await process.stdout.readexactly(length))
        if answer is None:
            return None
        if not isinstance(answer, list):
            raise ValueError("an answer that is none")  # noqa: TRY004 - the process's fault, not the caller's
        return tuple(str(text) for text in answer)

    async def _end(self) -> None:
        process, self._process, self._read = self._process, None, 0
        if process is None:
            return
        if process.returncode is None:
            # Not by `process.kill`, which may take the exit status from whoever waits for it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
