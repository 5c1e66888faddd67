"""One service process: its HTTP server, its loops, signals, a graceful stop within a deadline."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal

import uvicorn
import uvloop
from prometheus_client import disable_created_metrics
from starlette.types import ASGIApp

from runtime.logs import configure, logger

LOG = logger(__name__)
GARBAGE = 20_000
CANNOT_START = 2
"""The exit status of a process that will not start until something is changed."""


class StartError(Exception):
    """The process cannot start; the message says what is wrong and what to do."""


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
    """What a composition root hands over: the HTTP application and loops that end when told to stop."""

    app: ASGIApp
    loops: Sequence[Callable[[], Awaitable[None]]]


Build = Callable[[Stop], AbstractAsyncContextManager[Service]]


def bound_socket(host: str, port: int, setting: str) -> socket.socket:
    """Return a listening socket; raise StartError naming the setting where the port is taken."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise StartError(
            f"cannot listen on {host}:{port}: {error.strerror}; set {setting} to another port"
        ) from None
    return found


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the process, which stops its parts in order."""
        yield


def run(
    name: str,
    build: Build,
    *,
    host: str,
    port: int,
    setting: str,
    log_level: str,
    grace: float,
    shared: socket.socket | None = None,
    protocol: type[asyncio.Protocol] | None = None,
) -> int:
    """Run a service until SIGTERM, SIGINT or a fault; return the exit status.

    `shared` is a socket that other processes accept from as well; host and port are then this one's own.
    `protocol` is what speaks HTTP, where that is not to be uvicorn's own choice.
    """
    configure(log_level, name)
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no annotation there
    try:
        return uvloop.run(
            _serve(
                build,
                host=host,
                port=port,
                setting=setting,
                grace=grace,
                shared=shared,
                protocol=protocol or "auto",
            )
        )
    except StartError as error:
        LOG.error("cannot start", reason=str(error))  # noqa: TRY400 - the sentence is the message, not the trace
        sys.stderr.write(f"docwatch {name}: {error}\n")
        return CANNOT_START


async def _serve(
    build: Build,
    *,
    host: str,
    port: int,
    setting: str,
    grace: float,
    shared: socket.socket | None,
    protocol: type[asyncio.Protocol] | Literal["auto"],
) -> int:
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listening = bound_socket(host, port, setting)
    async with build(stop) as service:
        server = _Server(
            uvicorn.Config(
                service.app,
                http=protocol,
                log_config=None,
                lifespan="off",
                access_log=False,  # nobody would read the lines, and each would be made
                proxy_headers=False,  # nobody asks where a caller is
                timeout_graceful_shutdown=3,
            )
        )
        gc.collect()
        gc.freeze()  # what the start made stays, so no collection need look at it again
        gc.set_threshold(GARBAGE)
        web = asyncio.ensure_future(
            server.serve(sockets=[listening] if shared is None else [listening, shared])
        )
        tasks = [asyncio.ensure_future(_guarded(one, stop)) for one in service.loops]
        LOG.info("started", pid=os.getpid(), port=listening.getsockname()[1])
        web.add_done_callback(lambda _: stop.set())
        await stop.wait()
        LOG.info("stopping", reason=stop.reason)
        await _finish(tasks, grace)
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
