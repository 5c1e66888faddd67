"""One service process: its listeners, its loops, signals, a graceful stop within a deadline."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import uvloop
from prometheus_client import disable_created_metrics
from starlette.types import ASGIApp

from runtime.errors import CANNOT_START, StartError
from runtime.logs import configure, logger
from runtime.process.http_protocol import BoundedServer

LOG = logger(__name__)
GARBAGE = 20_000
CONNECTIONS = 768
"""The most to all public listeners: with files and all other connections below the usual limit of 1024."""
OPS_CONNECTIONS = 64


class Stop(asyncio.Event):
    """Set once when the process is to end; `fail` also makes the exit status tell of a fault."""

    def __init__(self) -> None:
        super().__init__()
        self.reason: str | None = None

    def fail(self, reason: str) -> None:
        """End the process because of a fault."""
        if not self.is_set():
            self.reason = reason
        self.set()


@dataclass(frozen=True)
class Service:
    """What a composition root hands over: HTTP applications and loops that end when told to stop.

    `apps` answer the world, each on a listener of its own, by its name; `ops` answers operators alone.
    """

    apps: Mapping[str, ASGIApp]
    ops: ASGIApp
    loops: Sequence[Callable[[], Awaitable[None]]]


@dataclass(frozen=True)
class Place:
    """Where to listen, port 0 for a free one; `setting` is the name of what says the port."""

    host: str
    port: int
    setting: str

    def bound(self) -> socket.socket:
        """Return a socket there; raise StartError naming the setting where the port is taken."""
        listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
        except OSError as error:
            listener.close()
            raise StartError(
                f"cannot listen on {self.host}:{self.port}: {error.strerror}; "
                f"set {self.setting} to another port"
            ) from None
        return listener


Build = Callable[[Stop], AbstractAsyncContextManager[Service]]


def run(
    name: str,
    build: Build,
    *,
    public: Mapping[str, Place | socket.socket],
    ops: Place,
    log_level: str,
    grace: float,
) -> int:
    """Run a service until SIGTERM, SIGINT or a fault; return the exit status.

    `public` is where each application of the service answers the world, by its name; a socket where other
    processes accept from it as well. `ops` is where operators are.
    """
    configure(log_level, name)
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no annotation there
    try:
        return uvloop.run(_serve(build, public, ops, grace))
    except StartError as error:
        LOG.error("cannot start", reason=str(error))  # noqa: TRY400 - the sentence is the message, not the trace
        sys.stderr.write(f"docwatch {name}: {error}\n")
        return CANNOT_START


async def _serve(build: Build, public: Mapping[str, Place | socket.socket], ops: Place, grace: float) -> int:
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    doors = {name: at.bound() if isinstance(at, Place) else at for name, at in public.items()}
    desk = ops.bound()
    async with build(stop) as service:
        servers = [(BoundedServer(service.ops, OPS_CONNECTIONS), desk)]
        for name, app in service.apps.items():
            servers.append((BoundedServer(app, CONNECTIONS // len(service.apps)), doors[name]))
        gc.collect()
        gc.freeze()  # what the start made stays, so no collection need look at it again
        gc.set_threshold(GARBAGE)
        for server, listening in servers:
            listening.listen(server.config.backlog)  # whoever reads that we have started may come
        webs = [asyncio.ensure_future(server.serve(sockets=[listening])) for server, listening in servers]
        tasks = [asyncio.ensure_future(_guarded(loop, stop)) for loop in service.loops]
        ports = {name: door.getsockname()[1] for name, door in doors.items()}
        LOG.info("started", pid=os.getpid(), ports=ports, ops_port=desk.getsockname()[1])
        for web in webs:
            web.add_done_callback(lambda _: stop.set())
        await stop.wait()
        LOG.info("stopping", reason=stop.reason)
        await _finish(tasks, grace)
        # Operators see to the end what the others are still answered.
        for (server, _), web in reversed(list(zip(servers, webs, strict=True))):
            server.should_exit = True
            await web
    LOG.info("stopped")
    return 1 if stop.reason else 0


async def _guarded(loop: Callable[[], Awaitable[None]], stop: Stop) -> None:
    try:
        await loop()
    except Exception as error:  # any error of a loop ends the process, and says why
        LOG.exception("a loop ended by an error")
        stop.fail(repr(error))
    if not stop.is_set():
        stop.fail("a loop ended unasked")


async def _finish(tasks: Sequence[asyncio.Task[None]], grace: float) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=grace)
    for task in late:
        LOG.warning("a loop did not end in time and is cancelled")
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
