"""Runs the programs of an installation: a log file each, restarted when they die, ended with their parent."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runtime.clock import Clock, pause
from runtime.retry import backoff

_TRAMPOLINE = Path(__file__).parents[2] / "runtime" / "embedded" / "trampoline.py"
_QUICK_SECONDS = 10.0
_END_SECONDS = 20.0


@dataclass
class Program:
    """One program to keep running."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self.process.pid if self.process is not None and self.process.returncode is None else None


class Supervisor:
    """Keeps programs running until they are stopped."""

    def __init__(self, clock: Clock, tell: Callable[[str], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._programs: dict[str, Program] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}

    @property
    def programs(self) -> Mapping[str, Program]:
        """The programs by name."""
        return self._programs

    async def start(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        """Start `python ARGUMENTS` under a name and keep it running."""
        log.parent.mkdir(parents=True, exist_ok=True)
        program = Program(name, arguments, environment, log)
        await _launch(program)
        self._programs[name] = program
        self._keepers[name] = asyncio.create_task(self._keep(program), name=f"keep {name}")

    async def _keep(self, program: Program) -> None:
        quick_ends = 0
        while program.process is not None:
            started = self._clock.monotonic()
            code = await program.process.wait()
            if program.stopping.is_set():
                return
            quick_ends = quick_ends + 1 if self._clock.monotonic() - started < _QUICK_SECONDS else 1
            rest = backoff(quick_ends, first=0.5, cap=15.0)
            self._tell(f"{program.name} ended ({_ending(code)}), starts again; log: {program.log}")
            await pause(program.stopping, rest)
            if program.stopping.is_set():
                return
            program.restarts += 1
            await _launch(program)

    async def stop(self, *names: str) -> None:
        """End programs, in the given order, politely and then by force; all of them where none is named."""
        for name in names or tuple(reversed(self._programs)):
            program = self._programs.pop(name)
            program.stopping.set()
            await _end(program)
            await self._keepers.pop(name)


async def _launch(program: Program) -> None:
    steps = [str(number) for number in (os.getpid(), int(signal.SIGTERM), -1, -1)]
    with program.log.open("ab") as output:
        program.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_TRAMPOLINE), *steps, sys.executable, *program.arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(program.environment),
            start_new_session=True,
        )


async def _end(program: Program) -> None:
    process = program.process
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
