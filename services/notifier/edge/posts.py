"""What a browser posts: short, read once, and from where, as far as that can be known."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from runtime.process.sources import source_of

LONGEST_BODY = 4096
_FIELDS = 10


@dataclass(frozen=True)
class Post:
    """The fields of a form, and the network that it came from; None where that cannot be known."""

    values: Mapping[str, str]
    source: str | None


async def posted(scope: Scope, receive: Receive) -> Post | None:
    """Return what was posted; None where it is too long, or nobody waits for the answer."""
    request, body = Request(scope, receive), bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return None
    except ClientDisconnect:
        return None
    return Post(_values(bytes(body)), source_of(scope))


def _values(body: bytes) -> Mapping[str, str]:
    try:
        found = parse_qs(body.decode(), max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
