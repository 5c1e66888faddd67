"""By which names a listener on this machine is spoken to.

A page of another site can have its own name point to this machine (DNS rebinding), and then reads with the
browser of whoever looks at it what only this machine may read. It cannot choose an address or `localhost`.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

MISDIRECTED = 421
SENTENCE = "this is not the host that was asked for"


def names_us(host: str, own: str) -> bool:
    """Tell whether a request's Host is an address, `localhost` or what we were told to listen on.

    Args:
        host: the value of the field, with or without a port.
        own: the host of the settings.
    """
    name, colon, port = host.rpartition(":")
    name = (name if colon and port.isdecimal() else host).lower()
    if name in ("localhost", own.lower()):
        return True
    return _address(name.removeprefix("[").removesuffix("]")) is not None


def is_local(host: str) -> bool:
    """Tell whether who listens on a host is reached from this machine alone."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
