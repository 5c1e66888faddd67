"""Reading a request's body: once, decompressed where it is gzip, and never more at a time than a limit."""

import zlib
from collections.abc import AsyncIterator

from starlette.requests import Request

from services.ingest.problems import ProblemError

_PIECE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; ProblemError 413 as soon as it is known to be larger than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in pieces(request):
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


async def read_lines(request: Request, *, limit: int, count: int) -> AsyncIterator[list[bytes]]:
    """Yield the body's lines that are not blank, `count` at a time; ProblemError 413 for too long a line."""
    waiting: list[bytes] = []
    rest = bytearray()
    async for part in pieces(request):
        *whole, last = part.split(b"\n")
        for line in whole:
            rest += line
            if len(rest) > limit:
                raise _too_large(limit)
            if rest.strip():
                waiting.append(bytes(rest))
            rest.clear()
            if len(waiting) == count:
                yield waiting
                waiting = []
        rest += last
        if len(rest) > limit:
            raise _too_large(limit)
    if rest.strip():
        waiting.append(bytes(rest))
    if waiting:
        yield waiting


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes, in pieces of bounded size; ProblemError 400 for broken gzip, 415."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        async for part in request.stream():
            yield part
        return
    if encoding not in ("gzip", "x-gzip"):
        raise ProblemError(415, "of compressed bodies only gzip is accepted")
    async for part in _inflated(request.stream()):
        yield part


async def _inflated(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflating = zlib.decompressobj(_GZIP)
    async for part in stream:
        data = part
        while data:
            if inflating.eof:
                inflating = zlib.decompressobj(_GZIP)
            found = _some(inflating, data)
            data = inflating.unused_data if inflating.eof else inflating.unconsumed_tail
            if found:
                yield found
    while not inflating.eof:
        # The input is used up; what is still held back comes out a piece at a time.
        found = _some(inflating, b"")
        if not found:
            raise ProblemError(400, "the gzip ends too early")
        yield found


def _some(inflating: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return inflating.decompress(data, _PIECE)
    except zlib.error:
        raise ProblemError(400, "the gzip is broken") from None


def _too_large(limit: int) -> ProblemError:
    # The rest of the body is not read, so the connection cannot be used again.
    return ProblemError(413, f"at most {limit} bytes at once", headers={"Connection": "close"})
