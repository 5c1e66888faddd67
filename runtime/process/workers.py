"""Several processes of one service on one port, each whole: they accept from one socket that they inherit.

So whoever is free takes the next connection, and none is lost in the queue of a process that died. A worker
that dies is replaced while the others go on serving; one that cannot start ends all, for its successor could
not either. Workers end with the process that started them, also where that is killed.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from runtime.errors import CANNOT_START, StartError
from runtime.logs import configure, logger
from runtime.process.lifecycle import (
    Build,
    Place,
    Service,
    Stop,
)

LOG = logger(__name__)
AGAIN_SECONDS = 1.0

T = TypeVar("T")
Command = Callable[[int, int], Sequence[str]]
"""Return the command of a worker: the descriptor of the socket and the worker's number from 0."""


def run_workers(
    name: str,
    command: Command,
    count: int,
    *,
    public: Place,
    log_level: str,
    grace: float,
) -> int:
    """Run so many workers until SIGTERM or SIGINT; return the exit status."""
    configure(log_level, name)
    try:
        listening = public.bound()
    except StartError as error:
        sys.stderr.write(f"docwatch {name}: {error}\n")
        return CANNOT_START
    with listening:
        return asyncio.run(_supervise(command, count, listening, grace))


async def _supervise(command: Command, count: int, listening: socket.socket, grace: float) -> int:
    stop, loop = Stop(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    LOG.info("starting workers", pid=os.getpid(), count=count)
    async with asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(_keep(command(listening.fileno(), index), listening.fileno(), stop, grace))
    LOG.info("stopped", reason=stop.reason)
    return CANNOT_START if stop.reason else 0


async def _keep(command: Sequence[str], descriptor: int, stop: Stop, grace: float) -> None:
    """Have one worker run, and another after it, until told to stop."""
    while not stop.is_set():
        worker = await asyncio.create_subprocess_exec(*command, stdin=PIPE, pass_fds=(descriptor,))
        ended = asyncio.ensure_future(worker.wait())
        await _first(ended, stop)
        if not ended.done():
            worker.terminate()
            await asyncio.wait({ended}, timeout=grace)
            if not ended.done():
                LOG.error("a worker did not stop in time and is killed", pid=worker.pid)
                worker.kill()
            await ended
        elif worker.returncode == CANNOT_START:
            stop.fail("a worker cannot start")
        elif not stop.is_set():
            LOG.error("a worker ended and is replaced", pid=worker.pid, status=worker.returncode)
            await _first(asyncio.ensure_future(asyncio.sleep(AGAIN_SECONDS)), stop)


async def _first(future: asyncio.Future[T], stop: Stop) -> None:
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait((future, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()


def inherited(descriptor: int) -> socket.socket:
    """Return the socket that all workers accept from."""
    return socket.socket(fileno=descriptor)


def as_worker(build: Build) -> Build:
    """Return what makes the same service, which also ends when the process that started this one does."""

    @asynccontextmanager
    async def built(stop: Stop) -> AsyncIterator[Service]:
        async def with_parent() -> None:
            loop, left = asyncio.get_running_loop(), asyncio.Event()
            # Nothing is ever written there: it can be read when the other end is gone.
            loop.add_reader(sys.stdin.fileno(), left.set)
            try:
                await _first(asyncio.ensure_future(left.wait()), stop)
            finally:
                loop.remove_reader(sys.stdin.fileno())
            if left.is_set():
                stop.fail("the process that started this worker is gone")

        async with build(stop) as service:
            yield replace(service, loops=[*service.loops, with_parent])

    return built
