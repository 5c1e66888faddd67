"""Reading a request's body: once, decompressed where it is gzip, and never more at a time than a limit."""

import zlib
from collections.abc import AsyncIterator, Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from services.ingest.web.problems import ProblemError

_PIECE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


async def read_body(headers: Mapping[str, str], receive: Receive, limit: int) -> bytes:
    """Return the body; ProblemError 413 as soon as it is known to be larger than `limit` bytes."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    if "content-encoding" in headers:
        parts = _checked(pieces(headers, receive), 0, limit)
        return b"".join([part async for part in parts])
    # Nearly every body is here with the first message; a generator costs more than all else that is to do.
    first, more = await _part(receive)
    if len(first) > limit:
        raise _too_large(limit)
    if not more:
        return first
    parts = _checked(_received(receive), len(first), limit)
    return first + b"".join([part async for part in parts])


async def _checked(parts: AsyncIterator[bytes], size: int, limit: int) -> AsyncIterator[bytes]:
    async for part in parts:
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        yield part


async def read_lines(
    headers: Mapping[str, str], receive: Receive, *, limit: int, count: int
) -> AsyncIterator[list[bytes]]:
    """Yield the body's lines that are not blank, `count` at a time; ProblemError 413 for too long a line."""
    waiting: list[bytes] = []
    rest = bytearray()
    async for part in pieces(headers, receive):
        *whole, last = part.split(b"\n")
        for ending in whole:
            line = ending
            if rest:
                line = bytes(rest + ending)
                rest.clear()
            if len(line) > limit:
                raise _too_large(limit)
            if line and not line.isspace():
                waiting.append(line)
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


def pieces(headers: Mapping[str, str], receive: Receive) -> AsyncIterator[bytes]:
    """Return the body as it comes, in pieces of bounded size; ProblemError 400 for broken gzip, 415."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _received(receive)
    if encoding not in ("gzip", "x-gzip"):
        raise ProblemError(415, "of compressed bodies only gzip is accepted")
    return _inflated(_received(receive))


async def _received(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        body, more = await _part(receive)
        if body:
            yield body


async def _part(receive: Receive) -> tuple[bytes, bool]:
    """Return the next part of the body as it came, and whether there are more."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


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
