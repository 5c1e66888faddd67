"""From where a request comes, as far as that can be known behind proxies."""

import ipaddress

from starlette.types import Scope

_NETWORK = 64


def source_of(scope: Scope, *, intranet: bool = False) -> str | None:
    """Return from which network a request comes; None where that cannot be known.

    With `intranet` those who ask may be inside of our network themselves, and are told apart by what they
    are there, too; only this machine stays unknown.

    A peer inside of our network is a proxy: what it wrote last into `X-Forwarded-For` is what it saw. Nobody
    outside is believed what they write there; where that is inside of it, too, nobody knows who is behind it.
    Addresses of IPv6 count by the network of a household.
    """
    client = scope.get("client")
    peer = _ip(client[0] if client else "")
    if peer is not None and not peer.is_global:
        given = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        seen = _ip(given[-1].decode("latin-1").rpartition(",")[2].strip()) if given else None
        peer = (seen or peer) if intranet else seen
        if peer is not None and (peer.is_loopback if intranet else not peer.is_global):
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
