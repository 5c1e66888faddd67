"""A lean HTTP/1.1 client that sends prepared requests and prints what they took, as JSON.

`python -m tests.benchmarks.http_load PORT FILE --connections 4` keeps every connection busy; with `--rate` a
request is due every so often, whether or not those before it are answered, and the time counts from then on.
It does no more than it must (about 20 us a request), so that it is not what is measured.
"""

import argparse
import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

import uvloop

from tests.benchmarks.records import read_records

_LENGTH = b"content-length: "


class Connection(asyncio.Protocol):
    """One connection, one request at a time; `done` gets the status of each answer."""

    def __init__(self, done: Callable[["Connection", int], None]) -> None:
        self._done = done
        self._transport: asyncio.Transport | None = None
        self._answer = bytearray()
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        # uvloop's transports are no subclasses.
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float) -> None:
        """Send a request that was due at a time of the performance counter."""
        assert self._transport is not None
        self.due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Read an answer, which has a length; no server here answers in chunks."""
        self._answer += data
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self._answer.lower().find(_LENGTH, 0, end) + len(_LENGTH)
        length = int(self._answer[at : self._answer.find(b"\r\n", at)])
        if len(self._answer) < end + 4 + length:
            return
        status = int(self._answer[9:12])
        self._answer.clear()
        self._done(self, status)


class Load:
    """Sends all requests and notes how long each took."""

    def __init__(self, requests: list[bytes], rate: float | None) -> None:
        self._waiting = deque(requests)
        self._rate = rate
        self._left = len(requests)
        self._free: list[Connection] = []
        self._late: deque[float] = deque()
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}
        self.finished = asyncio.Event()

    async def run(self, port: int, connections: int) -> tuple[float, float]:
        """Send everything; return the seconds and the CPU seconds of this process."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, made = await loop.create_connection(lambda: Connection(self._answered), "127.0.0.1", port)
            self._free.append(made)
        began, used = time.perf_counter(), time.process_time()
        if self._rate is None:
            for connection in self._free:
                self._next(connection)
        else:
            await self._paced(began, self._rate)
        await self.finished.wait()
        return time.perf_counter() - began, time.process_time() - used

    async def _paced(self, began: float, rate: float) -> None:
        for number in range(len(self._waiting)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))  # the rate asked for
            if self._free:
                self._free.pop().send(self._waiting.popleft(), due)
            else:
                self._late.append(due)

    def _next(self, connection: Connection) -> None:
        if self._waiting:
            connection.send(self._waiting.popleft(), time.perf_counter())

    def _answered(self, connection: Connection, status: int) -> None:
        self.seconds.append(time.perf_counter() - connection.due)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self._left -= 1
        if not self._left:
            self.finished.set()
        elif self._rate is None:
            self._next(connection)
        elif self._late:
            connection.send(self._waiting.popleft(), self._late.popleft())
        else:
            self._free.append(connection)


def request(path: str, body: bytes, content_type: str, key: str) -> bytes:
    """Return a POST as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: ingest\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def main() -> None:
    """Read the arguments, send, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rate", type=float)
    chosen = parser.parse_args()
    load = Load(read_records(chosen.file), chosen.rate)
    seconds, cpu = await load.run(chosen.port, chosen.connections)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "statuses": load.statuses, "took": load.seconds}))


if __name__ == "__main__":
    uvloop.run(main())
