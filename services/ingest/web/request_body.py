"""Reading a request's body: once, decompressed where it is gzip, and never more at a time than a limit.

Nothing more is done for a sender that is known to have hung up, however much of the body is here.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from runtime.clock import pause
from runtime.process.hang_ups import hung_up
from services.ingest.web.body_memory import Hold
from services.ingest.web.problems import ProblemError

_PIECE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_CLOSE = {"Connection": "close"}
MOST_BYTES = 1024**3
"""Of one request with lines, unpacked: the rest of a longer file is another request."""
_GIVEN = 4096
_MEMBERS_FREELY = 100
_UNPACKED_FREELY = 8 * 1024 * 1024
_MOST_RATIO = 100
"""Events that differ in their ids alone are packed to a thirtieth."""


class Upload:
    """A body on its way; every method raises ClientDisconnect once its sender has hung up."""

    __slots__ = ("_gone", "_receive")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._gone = hung_up(scope)
        self._receive = receive

    async def part(self) -> tuple[bytes, bool]:
        """Return the next part of the body as it came, and whether there are more."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        return message.get("body", b""), message.get("more_body", False)

    async def wait(self, seconds: float = 0.0) -> None:
        """Wait so long, at least until everything else had its turn."""
        await (pause(self._gone, seconds) if seconds else asyncio.sleep(0))
        if self._gone.is_set():
            raise ClientDisconnect


async def read_body(headers: Mapping[str, str], upload: Upload, limit: int, hold: Hold) -> bytes:
    """Return the body, for which `hold` makes room; ProblemError 413 once it has more than `limit` bytes."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    if "content-encoding" in headers:
        return await _joined(pieces(headers, upload), upload, b"", limit, hold)
    # Nearly every body is here with the first message; a generator costs more than all else that is to do.
    first, more = await upload.part()
    if len(first) > limit:
        raise too_large(limit)
    if more:
        return await _joined(_received(upload), upload, first, limit, hold)
    if len(first) > _PIECE:
        hold.now(len(first))
    return first


async def _joined(parts: AsyncIterator[bytes], upload: Upload, first: bytes, limit: int, hold: Hold) -> bytes:
    body = bytearray(first)
    async for part in parts:
        if len(body) + len(part) > limit:
            raise too_large(limit)
        hold.now(len(body) + len(part))
        body += part
        await upload.wait()
    return bytes(body)


class Lines(NamedTuple):
    """The next lines that are not blank, and how many bytes of the body they and the blank ones took."""

    lines: list[bytes]
    size: int


async def read_lines(
    headers: Mapping[str, str], upload: Upload, *, limit: int, count: int, hold: Hold
) -> AsyncIterator[Lines]:
    """Yield the body's lines, at most `count` at a time and about `limit` bytes, for which `hold` makes room.

    ProblemError 413 for a line of more than `limit` bytes, and for a body of more than a request may have.
    """
    waiting: list[bytes] = []
    rest = bytearray()
    size = whole = 0
    async for part in _stretches(pieces(headers, upload)):
        whole += len(part)
        if whole > MOST_BYTES:
            raise too_large(MOST_BYTES)
        # The loop gets its turn: neither unpacking nor what is already here waits for anything.
        await upload.wait()
        size += len(rest) + len(part)
        # Together: a line that is blank costs less than its byte is charged for.
        waiting += [line for line in _cut(rest, part, limit) if line and not line.isspace()]
        size -= len(rest)
        while len(waiting) >= count:
            full = waiting[:count]
            del waiting[:count]
            taken = sum(map(len, full)) + count
            yield Lines(full, taken)
            size -= taken
        if size >= limit:
            yield Lines(waiting, size)
            waiting, size = [], 0
        hold.now(size + len(rest))
    if rest.strip():
        waiting.append(bytes(rest))
    if size or rest:
        yield Lines(waiting, size + len(rest))


def _cut(rest: bytearray, part: bytes, limit: int) -> list[bytes]:
    """Return the lines that end in a part, the first of which began with `rest`, and keep the rest."""
    lines = part.split(b"\n")
    last = lines.pop()
    if lines:
        lines[0] = bytes(rest + lines[0])
        rest.clear()
    rest += last
    if len(rest) > limit or (lines and len(lines[0]) > limit):
        raise too_large(limit)
    return lines


async def _stretches(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in pieces that are looked through within milliseconds."""
    async for part in parts:
        if len(part) <= _PIECE:
            yield part
            continue
        for start in range(0, len(part), _PIECE):
            yield part[start : start + _PIECE]


def pieces(headers: Mapping[str, str], upload: Upload) -> AsyncIterator[bytes]:
    """Return the body as it comes, in pieces of bounded size; ProblemError 400 for broken gzip, 415."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _received(upload)
    if encoding not in ("gzip", "x-gzip"):
        raise ProblemError(415, "of compressed bodies only gzip is accepted")
    return _inflated(upload)


async def _received(upload: Upload) -> AsyncIterator[bytes]:
    more = True
    while more:
        body, more = await upload.part()
        if body:
            yield body


async def _inflated(upload: Upload) -> AsyncIterator[bytes]:
    inflating = zlib.decompressobj(_GZIP)
    packed = unpacked = members = 0
    async for part in _received(upload):
        packed += len(part)
        # What is behind a member is copied with each, so that only a little is given at a time.
        for start in range(0, len(part), _GIVEN):
            data = part[start : start + _GIVEN]
            while data:
                if inflating.eof:
                    members += 1
                    inflating = zlib.decompressobj(_GZIP)
                found = _some(inflating, data)
                data = inflating.unused_data if inflating.eof else inflating.unconsumed_tail
                unpacked += len(found)
                _check(packed, unpacked, members)
                if found:
                    yield found
            await upload.wait()
    while not inflating.eof:
        # The input is used up; what is still held back comes out a piece at a time.
        found = _some(inflating, b"")
        if not found:
            raise ProblemError(400, "the gzip ends too early")
        yield found


def _check(packed: int, unpacked: int, members: int) -> None:
    if unpacked > _UNPACKED_FREELY and unpacked > _MOST_RATIO * packed:
        detail = f"the body unpacks to more than {_MOST_RATIO} times its bytes"
        raise ProblemError(413, detail, headers=_CLOSE)
    if members > _MEMBERS_FREELY + unpacked // 1024:
        raise ProblemError(400, "the gzip has too many small parts", headers=_CLOSE)


def _some(inflating: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return inflating.decompress(data, _PIECE)
    except zlib.error:
        raise ProblemError(400, "the gzip is broken") from None


def too_large(limit: int) -> ProblemError:
    """Return the answer to a body of more than `limit` bytes."""
    # The rest of the body is not read, so the connection cannot be used again.
    return ProblemError(413, f"at most {limit} bytes at once", headers=_CLOSE)
