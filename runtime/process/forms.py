"""What browsers post to pages of ours: whether our own page posts, its body within bounds, its fields."""

import asyncio
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request

from runtime.process.hosts import is_local

FORM = "application/x-www-form-urlencoded"
BODY_SECONDS = 15.0


class RefusedError(Exception):
    """A request that is answered with no more than this status says."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


def is_from(request: Request, url: str) -> bool:
    """Tell whether the browser says that a page below `url` posts, whatever cookies it sends along."""
    origin, ours = request.headers.get("origin", ""), urlsplit(url)
    usual = ":443" if ours.scheme == "https" else ":80"
    if origin == f"{ours.scheme}://{ours.netloc.removesuffix(usual)}":
        return True
    # On one machine the same page has several names.
    there = urlsplit(origin)
    return (
        ours.scheme != "https"
        and is_local(ours.hostname or "")
        and is_local(there.hostname or "")
        and there.netloc == request.headers.get("host")
    )


async def body_of(request: Request, longest: int, media_type: str | None = FORM) -> bytes:
    """Return the body of a request; raise RefusedError where it is too long, too slow or another kind.

    `longest` in bytes; it may take BODY_SECONDS. `media_type` None: any will do.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip()
    if media_type is not None and given != media_type:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > longest:
                    raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except TimeoutError:
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT) from None
    except ClientDisconnect:
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None
    return bytes(body)


def fields_of(body: bytes, most: int) -> dict[str, str]:
    """Return the fields of a form, without NUL; raise RefusedError for broken ones and more than `most`."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None
    return {name: value.replace("\x00", "") for name, value in pairs}
