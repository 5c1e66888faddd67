"""What the embedded servers have in common: start, stop, kill, and ports that survive a restart.

A server object is used from one event loop. Its ports are fixed by its first start, so clients reconnect
after a restart; an object made without a port takes free ones, and others when it loses a race for them.
"""

import abc
import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from runtime.embedded import ports
from runtime.embedded.account import Account
from runtime.embedded.child import Child, DataLock
from runtime.embedded.errors import EmbeddedError, PortTakenError
from runtime.embedded.private import keep_private

_PORT_ATTEMPTS = 5
_POLL = 0.01


class EmbeddedServer(abc.ABC):
    """A server of this machine on a directory of its own.

    Args:
        data_dir: made when missing; everything the server keeps, and its log, lies here.
        host: the address it listens on.
        port: the port it listens on; None takes a free one.
    """

    _name: ClassVar[str]
    _title: ClassVar[str]
    _stop_signal: ClassVar[signal.Signals]
    _start_deadline: ClassVar[float]
    _stop_deadline: ClassVar[float]

    def __init__(self, data_dir: Path, *, host: str, port: int | None) -> None:
        self._data_dir = data_dir.absolute()
        self._host = host
        self._wanted_port = port
        self._port = port
        self._started_once = False
        self._child: Child | None = None

    @property
    def host(self) -> str:
        """The address the server listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port the server listens on; EmbeddedError before the first start took one."""
        if self._port is None:
            raise EmbeddedError(f"{self._title} has no port yet: start it first")
        return self._port

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._child is not None and self._child.returncode is None

    @property
    def pid(self) -> int:
        """The id of the server's (main) process; EmbeddedError when it does not run."""
        if self._child is None or self._child.returncode is not None:
            raise EmbeddedError(f"{self._title} is not running")
        return self._child.pid

    @property
    def log(self) -> Path:
        """The file the server writes its log to."""
        return self._data_dir / f"{self._name}.log"

    async def start(self) -> None:
        """Start the server and return when it serves.

        Raises:
            PortTakenError: another program has the port that was asked for or used before.
            EmbeddedError: anything else that hinders it, with the end of the server's log.
        """
        if self.running:
            raise EmbeddedError(f"{self._title} is already running")
        try:
            await asyncio.to_thread(self._close)
            async with self._locked() as lock:
                await self._prepare(lock)
                await self._start_on_a_port(lock)
        except OSError as error:
            raise EmbeddedError(f"{self._title} cannot start on {self._data_dir}: {error}") from error

    async def stop(self) -> None:
        """Stop the server in good order, by force after a deadline; nothing happens when it does not run."""
        if self._child is not None:
            await self._child.end(self._stop_signal, self._stop_deadline)

    async def kill(self) -> None:
        """Send SIGKILL and return when the process is gone; it can start again on the same data and port."""
        if self._child is not None:
            await self._child.kill()

    async def wait(self) -> int:
        """Wait until the server ends, for whatever reason, and return its exit code (negative: a signal)."""
        if self._child is None:
            raise EmbeddedError(f"{self._title} was never started")
        return await self._child.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _close(self) -> None:
        """See that nobody else looks into the directory, however it was made."""
        keep_private(self._data_dir, f"{self._name}.lock", self._visitor())

    def _visitor(self) -> Account | None:
        """Return another account that must pass through the directory, or None."""
        return None

    @contextlib.asynccontextmanager
    async def _locked(self) -> AsyncIterator[DataLock]:
        lock = await DataLock.take(self._data_dir / f"{self._name}.lock", self._start_deadline)
        with contextlib.closing(lock):
            yield lock

    async def _start_on_a_port(self, lock: DataLock) -> None:
        for _ in range(_PORT_ATTEMPTS):
            self._choose_ports()
            self._check_ports()
            child = await self._launch(lock)
            if await self._serves(child):
                self._child = child
                self._started_once = True
                return
            with contextlib.suppress(PortTakenError):
                self._check_ports()
                raise child.failure(f"{self._title} ended with code {child.returncode} instead of starting")
        raise EmbeddedError(f"{self._title} lost every race for a port on {self._host}")

    async def _serves(self, child: Child) -> bool:
        """Wait until the child serves; False if it ended instead. No child is left behind by an error."""
        try:
            async with asyncio.timeout(self._start_deadline):
                while child.returncode is None:
                    if await self._is_ready():
                        return True
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            await child.kill()
            raise child.failure(f"{self._title} did not start in {self._start_deadline:g} s") from None
        except BaseException:  # cancellation above all: no process may be left
            await child.kill()
            raise
        return False

    def _choose_ports(self) -> None:
        """Take free ports where none is fixed yet."""
        if self._wanted_port is None and not self._started_once:
            self._port = ports.pick(self._host)

    def _check_ports(self) -> None:
        """Raise PortTakenError when somebody else listens where this server shall."""
        if not ports.is_free(self._host, self.port):
            raise PortTakenError(self._title, self._host, self.port)

    @abc.abstractmethod
    async def _prepare(self, lock: DataLock) -> None:
        """Make ready what the server needs on disk, whatever port it will get."""

    @abc.abstractmethod
    async def _launch(self, lock: DataLock) -> Child:
        """Start the process."""

    @abc.abstractmethod
    async def _is_ready(self) -> bool:
        """Tell whether the server serves."""
