"""What a browser posts: short, read once, and from where, as far as that can be known."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

LONGEST_BODY = 4096
_FIELDS = 10
_NETWORK = 64


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


def source_of(scope: Scope) -> str | None:
    """Return from which network a request comes; None where that cannot be known.

    A peer inside of our network is a proxy: what it wrote last into `X-Forwarded-For` is what it saw. Nobody
    outside is believed what they write there; where that is inside of it, too, nobody knows who is behind it.
    Addresses of IPv6 count by the network of a household.
    """
    client = scope.get("client")
    peer = _ip(client[0] if client else "")
    if peer is not None and not peer.is_global:
        given = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        peer = _ip(given[-1].decode("latin-1").rpartition(",")[2].strip()) if given else None
        if peer is not None and not peer.is_global:
            return None
    if peer is None:
        return None
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, _NETWORK), strict=False))
    return str(peer)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
