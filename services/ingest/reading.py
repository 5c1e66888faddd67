"""Reading a request's body: once, whole, and never more than a limit."""

from starlette.requests import Request

from services.ingest.problems import ProblemError


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; ProblemError 413 as soon as it is known to be larger than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> ProblemError:
    # The rest of the body is not read, so the connection cannot be used again.
    return ProblemError(413, f"at most {limit} bytes at once", headers={"Connection": "close"})
